import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import type { Recovery } from '../../src/domain/recovery.ts';
import type { Store } from '../../src/domain/store.ts';
import { type Containers, type TestContainer, testContainers } from '../harness/containers.ts';
import { watchEvents } from '../harness/docker-events.ts';
import { type LogLine, type Paramedic, startParamedic } from '../harness/paramedic.ts';
import { webhookPayload } from '../harness/webhook-payload.ts';
import { dockerSocket } from '../harness/docker-socket.ts';
import { type Browser, startBrowser } from './browser.ts';
import { openStore } from './open-store.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** PARAMEDIC_SCREENSHOTS: a directory to leave pictures of the queue UI in. */
const screenshots = process.env['PARAMEDIC_SCREENSHOTS'];

let containers: Containers;
let paramedic: Paramedic;
let store: Store;
let browser: Browser;
beforeEach(async () => {
  containers = await testContainers();
  closers.push(() => containers.removeAll());
  const answer = (alertname: string, within: string) => ({
    name: alertname.toLowerCase(),
    match: [`alertname="${alertname}"`],
    steps: [{ restart: {}, verify: { within, stable: '1s' } }],
    guardrails: { cooldown: '0s' },
  });
  const playbooks = [answer('Hung', '6s'), answer('HungForLong', '20s')];
  const config = { mode: 'act', docker: [{ name: 'test', socket: dockerSocket() }], playbooks };
  paramedic = await startParamedic({ config: stringify(config) });
  closers.push(() => paramedic.stop());
  const opened = openStore(paramedic.dataDir);
  closers.push(() => opened.stop());
  store = opened.store;
  browser = await startBrowser({ username: 'paramedic', password: paramedic.uiPassword });
  closers.push(() => browser.stop());
});

const second = 1_000_000_000;
// The file system outlives a restart, so that it can count its starts and be well from the n-th on.
const wellFrom = (n: number) =>
  `echo start >> /starts; test $(wc -l < /starts) -lt ${n} || touch /well; while true; do sleep 1; done`;

/** A container whose health check fails until its n-th start. */
async function illUntilStart(n: number): Promise<TestContainer> {
  const check = { Test: ['CMD-SHELL', 'test -e /well'], Interval: second, Timeout: second, Retries: 1 };
  const create = { Healthcheck: check };
  const container = await containers.run('patient', ['sh', '-c', wellFrom(n)], { stopTimeoutS: 1, create });
  await container.until('running', 'unhealthy');
  return container;
}

async function post(alertname: string, { name }: TestContainer): Promise<void> {
  const response = await fetch(`${paramedic.url}/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${paramedic.token}` },
    body: webhookPayload([{ labels: { alertname, name } }]),
  });
  expect(response.status).toBe(202);
}

/** The line of the log that tells it of a playbook's recovery. */
const told = (event: string, playbook: string, attempt = 1): Promise<LogLine> =>
  paramedic.waitForLog(
    (line) => line['event'] === event && line['playbook'] === playbook && line['attempt'] === attempt,
    60_000,
  );

/** The record of a recovery that has ended not-recovered. */
async function notRecovered(alertname: 'Hung' | 'HungForLong', container: TestContainer): Promise<Recovery> {
  await post(alertname, container);
  const ended = await told('ended', alertname.toLowerCase());
  expect(ended['result']).toBe('not-recovered');
  return recordOf(String(ended['recovery']));
}

async function recordOf(id: string): Promise<Recovery> {
  const found = await store.recovery(id);
  if (found === undefined) throw new Error(`there is no record of ${id}`);
  return found;
}

async function open(path: string): Promise<Page> {
  const page = await browser.context.newPage();
  await page.goto(`${paramedic.url}/queues${path}`);
  return page;
}

/** What can be read on it; a line that is broken by its width is one line. */
const textOf = (page: Page): Promise<string> => page.locator('main').innerText();

const picture = async (page: Page, name: string): Promise<void> => {
  if (screenshots !== undefined) await page.screenshot({ path: join(screenshots, `${name}.png`) });
};

/** It has no words: only its picture, and a tooltip. */
const retryButton = (page: Page): Locator => page.locator('main button:has(svg.lucide-refresh-cw)');

/** Clicks Retry on the page of a failed job, and says yes. */
async function retry(jobId: string): Promise<Page> {
  const page = await open(`/queue/recoveries/${jobId}?status=failed`);
  const button = retryButton(page);
  await button.hover();
  await page.getByText('Retry', { exact: true }).waitFor();
  await button.click();
  const confirm = page.getByRole('button', { name: 'Confirm' });
  await confirm.click();
  await confirm.waitFor({ state: 'hidden' });
  return page;
}

const startedAtOf = (recovery: Recovery): unknown => {
  const [planned] = recovery.journal.filter(({ phase }) => phase === 'planned');
  return z.object({ startedAt: z.number() }).parse(planned?.plan.change).startedAt;
};

describe('the Retry button of the queue UI', () => {
  it('is refused while another recovery runs on the target, and alone begins attempt 2 with a new plan', async () => {
    const patient = await illUntilStart(4);
    const events = await watchEvents(patient.id);
    closers.push(async () => events.close());
    const firstStart = Date.parse((await patient.inspect()).State.StartedAt);
    const recovery = await notRecovered('Hung', patient);
    expect(recovery).toMatchObject({ attempt: 1, state: 'ended', outcome: { result: 'not-recovered' } });
    expect(startedAtOf(recovery)).toBeCloseTo(firstStart, -1);

    await post('HungForLong', patient);
    const other = await told('applied', 'hungforlong');
    const page = await retry(`${recovery.id}_1`);
    const refusal = `refused: ${String(other['recovery'])} is under way for ${recovery.target.key}`;
    await expect.poll(async () => textOf(page), { timeout: 20_000 }).toContain(refusal);
    await picture(page, 'refused');
    expect(await recordOf(recovery.id)).toEqual(recovery);
    expect((await recordOf(String(other['recovery']))).state).toBe('open');
    expect(events.count('restart')).toBe(2);

    expect((await told('ended', 'hungforlong'))['result']).toBe('not-recovered');
    const secondStart = Date.parse((await patient.inspect()).State.StartedAt);
    const alone = await retry(`${recovery.id}_1`);
    expect((await told('ended', 'hung', 2))['result']).toBe('recovered');
    const again = await recordOf(recovery.id);
    expect(again).toMatchObject({ attempt: 2, state: 'ended', outcome: { result: 'recovered' } });
    expect(startedAtOf(again)).toBeCloseTo(secondStart, -1);
    expect(startedAtOf(again)).not.toBe(startedAtOf(recovery));
    expect(again.journal.map(({ phase }) => phase)).toEqual(['planned', 'applying', 'applied', 'verified']);
    await events.settled();
    expect(events.count('restart')).toBe(3);
    await patient.until('running', 'healthy');
    await picture(alone, 'alone');

    // Both bells of it are answered by now: neither can be rung by hand any more.
    for (const jobId of [`${recovery.id}_1`, `${recovery.id}_2`]) {
      const completed = await open(`/queue/recoveries/${jobId}?status=completed`);
      await completed.getByText(jobId, { exact: true }).first().waitFor();
      await picture(completed, `completed-${jobId.slice(-1)}`);
      expect(await retryButton(completed).count()).toBe(0);
      const status = await completed.evaluate(
        async (path) => (await fetch(path, { method: 'PUT' })).status,
        `/queues/api/queues/recoveries/${jobId}/retry/completed`,
      );
      expect(status).toBe(405);
    }
    expect((await recordOf(recovery.id)).attempt).toBe(2);
  });

  it('cannot be pressed by another site, nor by who has no login', async () => {
    const patient = await illUntilStart(99);
    const recovery = await notRecovered('Hung', patient);
    const target = `${paramedic.url}/queues/api/queues/recoveries/${recovery.id}_1/retry`;
    // The browser knows the login from here on, and would send it along.
    const ours = await open('/queue/recoveries?status=failed');
    await ours.getByText(`${recovery.id}_1`).first().waitFor();
    await picture(ours, 'failed');

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
    for (const host of ['127.0.0.1', 'localhost']) {
      const page = await browser.context.newPage();
      await page.goto(`http://${host}:${port}/`);
      const [answer] = await Promise.all([
        page.waitForResponse((response) => response.url() === target && response.status() !== 401),
        page.getByRole('button').click(),
      ]);
      expect([host, answer.status()]).toEqual([host, 403]);
      expect(await answer.text()).toContain('This request comes from another site, so it is refused.');
      const reached = await page.evaluate(
        (url) =>
          fetch(url, { method: 'PUT', credentials: 'include' }).then(
            () => true,
            () => false,
          ),
        target,
      );
      expect(reached).toBe(false);
      await page.close();
    }

    const stranger = await startBrowser({ username: 'paramedic', password: paramedic.token });
    closers.push(() => stranger.stop());
    const refused = await (await stranger.context.newPage()).goto(`${paramedic.url}/queues/`);
    expect(refused?.status()).toBe(401);
    for (const method of ['GET', 'PUT']) expect((await fetch(target, { method })).status).toBe(401);
    expect(await recordOf(recovery.id)).toEqual(recovery);
  });
});
