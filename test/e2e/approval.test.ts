import type { Page } from 'playwright-core';
import { afterEach, expect, it } from 'vitest';
import type { TestContainer } from '../harness/containers.ts';
import { type EventCounter, watchEvents } from '../harness/docker-events.ts';
import { type MonitoredScene, startMonitoredScene } from '../harness/monitored-scene.ts';
import { startBrowser } from './browser.ts';
import { configFile } from './live-paramedic.ts';
import { runParamedic } from './run-paramedic.ts';

const scenes: MonitoredScene[] = [];
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close();
});

interface Victim {
  readonly container: TestContainer;
  readonly events: EventCounter;
  /** The recovery that waits for approval. */
  readonly recovery: string;
}

/** Containers that hang, and whose recoveries wait for a human: from Prometheus' rule on. */
async function waiting(names: readonly string[]) {
  const guardrails = { storm: 'off', concurrency: { namespace: 9 } };
  const scene = await startMonitoredScene({ mode: 'approve', verify: { within: '30s', stable: '2s' }, guardrails });
  scenes.push(scene);
  const { paramedic, containers } = scene;
  const made = await Promise.all(names.map((name) => containers.web(name, { stopTimeoutS: 1 })));
  await Promise.all(made.map((one) => one.until('running', 'healthy')));
  await Promise.all(made.map((one) => one.hang()));
  const victims = await Promise.all(
    made.map(async (container): Promise<Victim> => {
      const events = await watchEvents(container.id);
      scene.own({ stop: async () => events.close() });
      const waits = await paramedic.waitForLog(
        ({ result, target }) => result === 'awaiting-approval' && target === `docker/test/container/${container.name}`,
        90_000,
      );
      return { container, events, recovery: String(waits['recovery']) };
    }),
  );
  return { ...scene, victims };
}

const asked = async ({ alertmanager }: MonitoredScene): Promise<readonly string[]> =>
  (await alertmanager.list())
    .filter(({ labels }) => labels['alertname'] === 'ParamedicApprovalNeeded')
    .map(({ labels }) => labels['name'] ?? '')
    .toSorted();

/** What the call for one of them says, as Alertmanager hands it on. */
const callFor = async ({ alertmanager }: MonitoredScene, { container }: Victim) =>
  (await alertmanager.list()).find(
    ({ labels }) => labels['alertname'] === 'ParamedicApprovalNeeded' && labels['name'] === container.name,
  )?.annotations;

it('what waits is approved, rejected and cancelled on the page of another Paramedic than the one that asked', async () => {
  const scene = await waiting(['approved', 'rejected', 'cancelled']);
  const { victims } = scene;
  const names = victims.map(({ container }) => container.name).toSorted();
  await expect.poll(() => asked(scene), { timeout: 60_000 }).toEqual(names);

  // Nothing of it is in the process that asked. That one goes on: what it tells of the containers is what the alerts are of.
  const paramedic = await scene.another();
  const listed = await runParamedic(['recoveries', 'list', '--config', configFile(paramedic)]);
  expect(listed.code).toBe(0);
  for (const { recovery } of victims) expect(listed.out).toContain(recovery);

  const [yes, no, never] = victims;
  if (!yes || !no || !never) throw new Error('three were asked for');
  expect(await callFor(scene, yes)).toMatchObject({
    plan: expect.stringMatching(/^restart container /),
    touches: `docker/test/container/${yes.container.name}`,
    undo: 'it can not be taken back',
    expires: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    evidence: `paramedic recoveries show ${yes.recovery} --evidence`,
  });
  const authorization = `Basic ${Buffer.from(`paramedic:${paramedic.uiPassword}`).toString('base64')}`;
  const crossSite = await fetch(`${paramedic.url}/recoveries/${yes.recovery}/approve`, {
    method: 'POST',
    headers: { authorization, origin: 'http://evil.example', 'content-type': 'application/x-www-form-urlencoded' },
    body: 'reason=',
    redirect: 'manual',
  });
  expect(crossSite.status).toBe(403);
  const byGet = await fetch(`${paramedic.url}/recoveries/${yes.recovery}/approve`, { headers: { authorization } });
  expect(byGet.status).toBe(405);

  const browser = scene.own(await startBrowser({ username: 'paramedic', password: paramedic.uiPassword }));
  const press = async ({ recovery }: Victim, button: string): Promise<Page> => {
    const page = await browser.context.newPage();
    await page.goto(`${paramedic.url}/recoveries/${recovery}`);
    await page.getByRole('button', { name: button }).click();
    await page.getByRole('status').waitFor();
    return page;
  };
  await press(no, 'Reject');
  await press(never, 'Cancel');
  await press(yes, 'Approve');
  // Either of the two takes the bell.
  const isEnd = ({ event, recovery, result }: Readonly<Record<string, unknown>>): boolean =>
    event === 'ended' && recovery === yes.recovery && result !== 'awaiting-approval';
  const both = [scene.paramedic, paramedic];
  await expect.poll(() => both.flatMap((one) => one.log().filter(isEnd)).length, { timeout: 60_000 }).toBe(1);
  expect(both.flatMap((one) => one.log().filter(isEnd))[0]).toMatchObject({ result: 'recovered' });
  await expect.poll(() => asked(scene), { timeout: 60_000 }).toEqual([]);

  for (const { events } of victims) await events.settled();
  expect(victims.map(({ events }) => events.count('restart'))).toEqual([1, 0, 0]);
  const shown = await runParamedic(['recoveries', 'show', no.recovery, '--config', configFile(paramedic)]);
  expect(shown.out).toContain('paramedic rejected it');
}, 240_000);

it('what is approved on the command line is done, and not when the engine swallows it', async () => {
  const scene = await waiting(['swallowed']);
  const { paramedic, proxy, victims } = scene;
  const [victim] = victims;
  if (!victim) throw new Error('one was asked for');
  const { recovery, events } = victim;
  proxy.swallow(['restart']);
  const said = await runParamedic(['recoveries', 'approve', recovery, '--config', configFile(paramedic)]);
  expect(said).toMatchObject({ code: 0, err: '' });
  const ended = await paramedic.waitForLog(
    ({ event, result }) => event === 'ended' && result !== 'awaiting-approval',
    90_000,
  );
  expect(ended).toMatchObject({ result: 'not-recovered' });
  await events.settled();
  expect(events.count('restart')).toBe(0);
}, 240_000);
