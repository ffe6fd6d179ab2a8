import { join } from 'node:path';
import type { Page, Request } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Recovery } from '../../src/domain/recovery.ts';
import { yes } from '../../src/domain/verdict.ts';
import { createApp, listen } from '../../src/http/server.ts';
import { notRecovered, recovered, underWay, waiting } from '../fakes/sample-recoveries.ts';
import { toldRecoveries } from '../fakes/told-recoveries.ts';
import { testDeps } from '../integration/webhook-deps.ts';
import { type Browser, startBrowser } from './browser.ts';
import { ownAddress } from './own-address.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** PARAMEDIC_SCREENSHOTS: a directory to leave pictures of the pages in. */
const screenshots = process.env['PARAMEDIC_SCREENSHOTS'];

const hostile: Recovery = {
  ...recovered,
  id: 'r_evil',
  target: { kind: 'container', key: `docker/edge-1/container/${'long-name-'.repeat(20)}` },
  labels: { alertname: '<script>document.title="owned"</script>', x: '"><img src=x onerror=document.title="owned">' },
};
const open: Recovery = {
  ...waiting,
  ...(waiting.question && { question: { ...waiting.question, expiresAt: Date.now() + 3_600_000 } }),
};

let behind: ReturnType<typeof toldRecoveries>;
let browser: Browser;
let url: string;
beforeEach(async () => {
  behind = toldRecoveries([open, underWay, notRecovered, recovered, hostile], { r_waits: 'log\n' });
  const server = await listen(createApp(testDeps(behind.deps).deps), { host: '0.0.0.0', port: 0 });
  closers.push(() => server.close(0));
  url = `http://${ownAddress()}:${server.port}`;
  browser = await startBrowser({ username: 'ops', password: 'pass:word' });
  closers.push(() => browser.stop());
});

async function at(path: string): Promise<Page> {
  const page = await browser.context.newPage();
  await page.goto(`${url}${path}`);
  return page;
}

test('over plain http by IP address the list leads to a recovery, whose buttons work by the keyboard alone', async () => {
  const page = await at('/');
  const posts: Request[] = [];
  page.on('request', (request) => void (request.method() === 'POST' && posts.push(request)));
  await page.getByRole('link', { name: 'kubernetes/prod/node/worker-1' }).press('Enter');
  await page.getByRole('heading', { name: 'drain node worker-1' }).waitFor();

  behind.state.verdict = yes('r_waits is approved');
  await page.getByRole('button', { name: 'Approve' }).press('Enter');
  await page.getByRole('status').getByText('r_waits is approved').waitFor();
  const reason = page.getByLabel('Reason to reject, optional');
  await reason.fill('not "now" <b>');
  behind.state.verdict = yes('r_waits is rejected');
  await reason.press('Enter');
  await page.getByRole('status').getByText('r_waits is rejected').waitFor();
  behind.state.verdict = yes('r_waits is cancelled');
  await page.getByRole('button', { name: 'Cancel' }).press('Space');
  await page.getByRole('status').getByText('r_waits is cancelled').waitFor();
  await page.reload();
  expect(await page.getByRole('status').count()).toBe(0);

  expect(behind.told).toEqual([
    ['approve', 'r_waits', 'ops'],
    ['reject', 'r_waits', 'ops', 'not "now" <b>'],
    ['cancel', 'r_waits', 'ops', ''],
  ]);
  // The browser told no Sec-Fetch-Site: `Origin` alone has let them through.
  const [headers] = await Promise.all(posts.map((post) => post.allHeaders()));
  expect(headers).toMatchObject({ origin: url });
  expect(headers).not.toHaveProperty('sec-fetch-site');
});

test('what is hostile runs nothing, and the pages are styled under their own policy', async () => {
  const page = await at('/recoveries/r_evil');
  expect(await page.title()).toContain('recovered: docker/edge-1/container/long-name-');
  expect(await page.getByText('<script>document.title="owned"</script>').count()).toBe(1);
  expect(await page.locator('img, main script').count()).toBe(0);
  const rounded = "getComputedStyle(document.querySelector('.card')).borderRadius";
  expect(await page.evaluate<string>(rounded)).toBe('6px');
});

test.each([1280, 400])('nothing is wider than %d px, in light and in dark', async (width) => {
  for (const [name, path] of [
    ['list', '/'],
    ['waits', '/recoveries/r_waits'],
    ['failed', '/recoveries/r_failed'],
    ['evil', '/recoveries/r_evil'],
  ] as const) {
    const page = await at(path);
    await page.setViewportSize({ width, height: 900 });
    expect([name, await page.evaluate<number>('document.documentElement.scrollWidth')]).toEqual([name, width]);
    const backgrounds = new Set<string>();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      backgrounds.add(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor'));
      const file = `${name}-${width}-${colorScheme}.png`;
      if (screenshots !== undefined) await page.screenshot({ path: join(screenshots, file), fullPage: true });
    }
    expect(backgrounds.size).toBe(2);
    await page.close();
  }
});
