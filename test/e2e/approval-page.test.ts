import { createServer } from 'node:http';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mode } from '../../src/guardrails/mode/mode.ts';
import { createApp, listen } from '../../src/http/server.ts';
import { approve, cancel, reject, retry } from '../../src/road/answers.ts';
import { acknowledge } from '../../src/road/brakes.ts';
import { roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';
import type { TestRoad } from '../fakes/road.ts';
import { testDeps } from '../integration/webhook-deps.ts';
import { type Browser, startBrowser } from './browser.ts';
import { ownAddress } from './own-address.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const testRoad = roadsOnRedis();
let road: TestRoad;
let browser: Browser;
let url: string;
let recovery: string;

/** The record, the words and the road are real, on a real Redis; what is recovered is a fake thing. */
beforeEach(async () => {
  road = testRoad({ mode: 'approve', guardrails: [mode] });
  // The pages go by the real time.
  await road.clock.sleep(Date.now() - road.clock.now());
  const base = testDeps().deps;
  const real = road.road;
  const { deps } = testDeps({
    brakes: { ...base.brakes, acknowledge: (id, by) => acknowledge(id, by, real) },
    recoveries: {
      ...base.recoveries,
      list: () => real.store.recoveries(100),
      show: (id) => real.store.recovery(id),
      approve: (id, by) => approve(id, { by }, real),
      reject: (id, by, reason) => reject(id, { by, reason }, real),
      cancel: (id, by, reason) => cancel(id, { by, reason }, real),
      retry: (id, by) => retry(id, { by }, real),
    },
  });
  const server = await listen(createApp(deps), { host: '0.0.0.0', port: 0 });
  closers.push(() => server.close(0));
  url = `http://${ownAddress()}:${server.port}`;
  browser = await startBrowser({ username: 'ops', password: 'pass:word' });
  closers.push(() => browser.stop());
  recovery = await start(road);
  expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'awaiting-approval' } });
  road.rings.length = 0;
});

/** The page of the recovery that waits, as the list leads to it. */
async function waiting(): Promise<Page> {
  const page = await browser.context.newPage();
  await page.goto(`${url}/`);
  await page.getByText('1 recovery waits for your approval.').waitFor();
  await page.getByRole('link', { name: 'test/a' }).click();
  await page.getByText('waits for approval').waitFor();
  return page;
}

const answered = (page: Page, sentence: string): Promise<void> =>
  page.getByRole('status').getByText(sentence).waitFor();

test('what is approved on the page is carried out, once, and the page tells the end', async () => {
  const page = await waiting();
  const late = await waiting();
  expect(await page.getByRole('main').innerText()).toContain('fix a');
  await page.getByRole('button', { name: 'Approve' }).click();
  await answered(page, `${recovery} is approved: `);
  expect(road.rings).toEqual([{ recovery, attempt: 1, delayMs: 0 }]);
  await late.getByRole('button', { name: 'Approve' }).click();
  await answered(late, `Refused: ${recovery} does not wait for approval: ops has approved it`);
  expect(road.rings).toHaveLength(1);
  expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'recovered' } });
  expect(road.applied).toEqual(['fix 0']);
  await page.reload();
  await page.getByText('recovered', { exact: true }).waitFor();
  await page.getByText('ops approved: fix a').waitFor();
  expect(await page.getByRole('button').count()).toBe(0);
});

test('what is rejected on the page ends with the reason that was given, and can be begun anew', async () => {
  const page = await waiting();
  await page.getByLabel('Reason to reject, optional').fill('not during the sale');
  await page.getByRole('button', { name: 'Reject' }).click();
  await answered(page, `${recovery} is rejected`);
  expect(await road.road.store.recovery(recovery)).toMatchObject({
    state: 'ended',
    outcome: { result: 'rejected', reason: 'ops rejected it: not during the sale' },
  });
  await page.getByRole('button', { name: 'Retry' }).click();
  await answered(page, `${recovery} begins anew, as attempt 2`);
  expect(road.rings).toEqual([{ recovery, attempt: 2, delayMs: 0 }]);
  expect(road.applied).toEqual([]);
});

test('what is cancelled on the page ends, and nothing is changed', async () => {
  const page = await waiting();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await answered(page, `${recovery} is cancelled`);
  expect(await road.road.store.recovery(recovery)).toMatchObject({ outcome: { reason: 'ops cancelled it' } });
  expect(road.rings).toEqual([]);
  expect(road.applied).toEqual([]);
});

test('another site can not approve, with a login that the browser knows', async () => {
  await waiting();
  const target = `${url}/recoveries/${recovery}/approve`;
  const evil = createServer((_req, res) => {
    res.setHeader('content-type', 'text/html');
    res.end(`<form method="post" action="${target}"><button>Win a prize</button></form>`);
  });
  await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    evil.closeAllConnections();
    evil.close();
  });
  const address = evil.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const page = await browser.context.newPage();
  await page.goto(`http://127.0.0.1:${port}/`);
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.url() === target && response.status() !== 401),
    page.getByRole('button').click(),
  ]);
  expect(answer.status()).toBe(403);
  expect(road.rings).toEqual([]);
  expect((await road.road.store.recovery(recovery))?.question).toBeDefined();
});
