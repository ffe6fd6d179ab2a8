import { appendFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Alertmanager } from '../harness/alertmanager.ts';
import type { TestContainer } from '../harness/containers.ts';
import type { Paramedic } from '../harness/paramedic.ts';
import { configFile, metric } from './live-paramedic.ts';
import { type Ran, runParamedic } from './run-paramedic.ts';

/** Paramedic's own calls for a human about this container, as Alertmanager lists them: those that fire. */
export async function pagesOf(alertmanager: Alertmanager, { name }: TestContainer) {
  const listed = await alertmanager.list();
  return listed.filter(({ labels }) => labels['alertname'] === 'ParamedicRecoveryFailed' && labels['name'] === name);
}

export type ListedPage = Awaited<ReturnType<typeof pagesOf>>[number];

/** Resolves with the one page about it, once Alertmanager lists it. */
export async function pageOf(alertmanager: Alertmanager, container: TestContainer): Promise<ListedPage> {
  await expect.poll(async () => (await pagesOf(alertmanager, container)).length, { timeout: 90_000 }).toBe(1);
  const [page] = await pagesOf(alertmanager, container);
  if (page === undefined) throw new Error('the page went as soon as it had come');
  return page;
}

export async function untilNoPage(alertmanager: Alertmanager, container: TestContainer): Promise<void> {
  await expect.poll(() => pagesOf(alertmanager, container), { timeout: 90_000 }).toEqual([]);
}

/** `paramedic ack`, as a human types it where the server runs. */
export const acknowledge = (paramedic: Paramedic, recovery: string): Promise<Ran> =>
  runParamedic(['ack', recovery, '--config', configFile(paramedic)]);

/** Resolves when upkeep, which runs every 30 s, has run to its end once more. */
export async function upkeepRan(paramedic: Paramedic): Promise<void> {
  const lastRun = async () => Number(await metric(paramedic, 'paramedic_upkeep_last_run_timestamp_seconds'));
  const before = await lastRun();
  await expect.poll(lastRun, { timeout: 60_000, interval: 200 }).toBeGreaterThan(before);
}

/** One line of figures for `scripts/page-series.mjs`, when it is that which runs us. */
export function record(figures: Readonly<Record<string, unknown>>): void {
  const file = process.env['PAGE_RECORDS'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(figures)}\n`);
}
