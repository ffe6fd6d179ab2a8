import { expect, it } from 'vitest';
import { metric } from '../live-paramedic.ts';
import { pageOf, untilNoPage, upkeepRan } from '../our-pages.ts';
import { hopeless } from './hopeless.ts';

it('a page ends by itself when the alert of its victim does', async () => {
  const { alertmanager, victim, paramedic, events, ended } = await hopeless();
  await ended();
  await pageOf(alertmanager, victim);
  await victim.heal();
  await victim.until('running', 'healthy');
  await untilNoPage(alertmanager, victim);
  // Nothing of it is left that would be sent again.
  await upkeepRan(paramedic);
  expect(await alertmanager.list()).toEqual([]);
  await events.settled();
  expect(events.count('restart')).toBe(1);
});

it('a page that no Alertmanager takes is told of, and arrives when one is back', async () => {
  const { alertmanager, alertmanagerAgain, victim, paramedic, ended } = await hopeless();
  await paramedic.waitForLog(({ event }) => event === 'applied', 60_000);
  await alertmanager.stop();
  // It is asked for a minute whether another step is needed.
  const recovery = await ended('failed');
  const told = await paramedic.waitForLog(({ event }) => event === 'pages-sent');
  expect(told).toMatchObject({ level: 'error', pages: 1 });
  expect(told['msg']).toMatch(/^A PAGE DID NOT ARRIVE, it is sent again within a minute: Alertmanager at http/);
  const sends = (result: string) => metric(paramedic, 'paramedic_page_sends_total', { result });
  expect(Number(await sends('failed'))).toBeGreaterThanOrEqual(1);
  expect(await sends('ok')).toBe(0);

  const another = await alertmanagerAgain();
  const { annotations } = await pageOf(another, victim);
  expect(annotations['next']).toBe(`paramedic ack ${recovery}`);
  expect(annotations['tried']).toContain('restart/container: tried');
  // Its list was empty at first, which is no news of the victim.
  await upkeepRan(paramedic);
  await pageOf(another, victim);
});
