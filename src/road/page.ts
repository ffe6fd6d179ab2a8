import { severityOf } from '../config/step-schema.ts';
import type { Question } from '../domain/approval.ts';
import { hostname } from 'node:os';
import type { Config } from '../config/config.ts';
import type { PostedAlert } from '../domain/clients.ts';
import type { About } from '../domain/flow-event.ts';
import type { Page } from '../domain/page.ts';
import type { Recovery } from '../domain/recovery.ts';
import { finderOf } from '../domain/storm.ts';
import { aboutLast } from './about-of.ts';
import { leftBehind } from './left-behind.ts';
import type { Road } from './road.ts';

/** Without another word from us it goes on firing for as long, ms: we may be down for a while. */
const lastsMs = 10 * 60_000;
/**
 * How far an Alertmanager's clock may be behind ours, ms: to one that is behind, an end of just now is still to come, and
 * then it keeps the later end that it has heard before.
 */
const skewMs = 60_000;
/** How long its alert has to be off, and it has to fire, before it ends by itself, ms. */
const calmMs = 60_000;
/** Bytes of each annotation: receivers cut longer ones, some in the middle of a character. */
const longest = 2_000;
/** Labels that say how to route or treat the victim's own alert, and nothing about the victim. */
const notOurs: ReadonlySet<string> = new Set(['alertname', 'recovery', 'prometheus']);

const asking = 'ParamedicApprovalNeeded';

/** What is told beside the recovery itself. */
interface Found {
  readonly evidence: boolean;
  readonly question: Question | undefined;
  readonly link: { readonly url?: string };
}

/** What a human is told of a recovery that did not end well, or that waits for him: the victim's labels, what was tried, and what is next. */
export function pageOf(
  recovery: Recovery,
  { result, reason }: { readonly result: string; readonly reason: string },
  { evidence, question, link }: Found,
  now: number,
): Page {
  const { id, target, labels, procedure, steps, episodes, journal } = recovery;
  const severity = severityOf(procedure.steps);
  const asks = result === 'awaiting-approval';
  const victim = Object.entries(labels).filter(([name]) => !notOurs.has(name));
  const tried = steps.map(({ action, ended, verdict }) => `${action}: ${ended} (${verdict.reason})`);
  const left = leftBehind(journal);
  return {
    recovery: id,
    episodes,
    startsAt: now,
    labels: {
      severity: 'critical',
      ...Object.fromEntries(victim),
      ...(severity !== undefined && { severity }),
      alertname: asks ? asking : 'ParamedicRecoveryFailed',
      recovery_alert: labels['alertname'] ?? '',
      recovery_outcome: result,
      recovery_playbook: procedure.name,
      recovery_target: target.key,
    },
    annotations: cut({
      summary: `${target.key}: ${result}`,
      description: reason,
      tried: tried.join('\n') || 'nothing',
      ...(left !== '' && { left_changed: left }),
      ...(question && askedOf(question)),
      ...link,
      ...(evidence && { evidence: `paramedic recoveries show ${id} --evidence` }),
      next: asks ? `paramedic recoveries show ${id}; paramedic recoveries approve ${id}` : `paramedic ack ${id}`,
    }),
  };
}

/** The recovery's page: a link that only shows. Nowhere where we listen on a port that nobody has chosen. */
function linkTo(
  id: string,
  { externalUrl, listen }: Pick<Config, 'externalUrl' | 'listen'>,
): { readonly url?: string } {
  const { host, port } = listen;
  const anyHost = ['0.0.0.0', '::'].includes(host);
  const own =
    port === 0 ? undefined : `http://${anyHost ? hostname() : host.includes(':') ? `[${host}]` : host}:${port}`;
  const base = externalUrl ?? own;
  return base === undefined ? {} : { url: `${base}/recoveries/${id}` };
}

/** What somebody has to know who reads it on a phone: what is to be done, to what, the way back, and how long it waits. */
const askedOf = ({ plan, expiresAt }: Question): Readonly<Record<string, string>> => ({
  plan: plan.summary,
  touches: plan.touches.join(', '),
  undo: plan.undo ?? 'it can not be taken back',
  expires: new Date(expiresAt).toISOString().replace(/\.\d+Z$/, 'Z'),
});

const cut = (texts: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, text.length > longest ? `${text.slice(0, longest)}…` : text]),
  );

/**
 * Sends every page that is open, and once more as resolved what is over: its episodes have closed, or somebody
 * acknowledged it. Never throws: what does not arrive is told, and sent again the next time.
 */
export async function sendPages(road: Road, only?: string): Promise<void> {
  const pages = (await road.store.pages()).filter(({ recovery }) => only === undefined || recovery === only);
  if (pages.length === 0) return;
  const now = road.clock.now();
  const open = await withEnds(pages, now, road);
  const alerts = open.map((page) => alertOf(page, now));
  const { errors } = (await road.clients().pager?.post(alerts)) ?? { errors: [] };
  // Each minute again, and it arrived: nothing to tell of.
  if (road.clients().pager !== undefined && (only !== undefined || errors.length > 0))
    road.report({ event: 'pages-sent', pages: pages.length, errors });
  // A peer that did not hear that it is over shows it until it ends by itself.
  if (errors.length > 0) return;
  for (const page of open) if (page.over !== undefined) await road.store.forgetPage(page);
}

function alertOf({ labels, annotations, startsAt, over }: Page, now: number): PostedAlert {
  if (over === undefined) return { labels, annotations, startsAt, endsAt: now + lastsMs };
  const endsAt = now - skewMs;
  return {
    labels,
    annotations: { ...annotations, resolved_because: over },
    startsAt: Math.min(startsAt, endsAt),
    endsAt,
  };
}

/**
 * The pages, and why those are over whose alert has ended. Not at the first moment without an alert: a restart alone ends
 * the alert of what is ill, until its health check has failed anew, and what Alertmanager hears the end of within its
 * `group_wait` it tells nobody.
 */
async function withEnds(pages: readonly Page[], now: number, road: Road): Promise<readonly Page[]> {
  const calmSince = now - calmMs;
  const mayEnd = ({ over, episodes, startsAt }: Page): boolean =>
    over === undefined && episodes.length > 0 && startsAt <= calmSince;
  if (!pages.some(mayEnd)) return pages;
  const [held, open] = await Promise.all([finders(road), road.store.openEpisodes()]);
  // Its alert may have come back as another episode, while the recovery was under way or after it.
  const ill = new Set(open.map(({ targetKey }) => targetKey));
  return Promise.all(
    pages.map(async (page) => {
      const { recovery, labels, episodes } = page;
      if (!mayEnd(page) || held.has(recovery) || ill.has(labels['recovery_target'])) return page;
      const found = await Promise.all(episodes.map((id) => road.store.episode(id)));
      const isCalm = found.every((one) => one === undefined || (one.closedAt ?? Infinity) <= calmSince);
      return isCalm ? { ...page, over: 'its alert does not fire any more' } : page;
    }),
  );
}

/**
 * The recoveries that found a budget used up, or a storm. What they found outlasts their alerts: it holds until a human
 * releases it.
 */
async function finders({ store }: Road): Promise<ReadonlySet<string>> {
  const [storm, latches] = await Promise.all([store.storm(), store.latches()]);
  return new Set([...(storm ? [storm] : []), ...latches].map(finderOf));
}

/** Calls a human: in the log and the metrics, and by a page in the place of the one before it of the same recovery. */
export async function callHuman(
  recovery: Recovery,
  about: About,
  ended: { readonly result: string; readonly reason: string; readonly question?: Question },
  road: Road,
): Promise<void> {
  road.report({ event: 'page', ...about, reason: ended.reason });
  const { question } = ended;
  const found = { evidence: await hasEvidence(recovery.id, road), question, link: linkTo(recovery.id, road.config()) };
  await openPage(pageOf(recovery, ended, found, road.clock.now()), road);
}

/** What can not be read is no reason to call nobody. */
async function hasEvidence(recovery: string, { store }: Road): Promise<boolean> {
  try {
    return (await store.evidence(recovery)).length > 0;
  } catch {
    return false;
  }
}

/** A call for an answer is opened so much before its question at most, ms. */
const askedWithinMs = 30_000;

/**
 * Calls for an answer end with the question, whoever answered it and whatever died on the way. Where nobody did, a human is
 * called for that instead.
 */
export async function endAsking(road: Road): Promise<void> {
  for (const { recovery: id, labels, over, startsAt } of await road.store.pages()) {
    if (labels['alertname'] !== asking || over !== undefined) continue;
    if (startsAt > road.clock.now() - askedWithinMs) continue;
    const recovery = await road.store.recovery(id);
    if (recovery?.question !== undefined) continue;
    const { outcome } = recovery ?? {};
    if (recovery === undefined || !outcome?.page) {
      const goesOn = recovery?.approval === undefined ? 'it goes on without an answer' : 'it was answered';
      await endPage(id, outcome === undefined ? goesOn : `${outcome.result}: ${outcome.reason}`, road);
      continue;
    }
    await callHuman(recovery, aboutLast(recovery), outcome, road);
  }
}

/** Puts a page in the place of the one before it of the same recovery, and sends it. */
export async function openPage(opened: Page, road: Road): Promise<void> {
  const before = (await road.store.pages()).find(({ recovery }) => recovery === opened.recovery);
  await road.store.openPage(opened);
  // Other labels are another alert to Alertmanager, and nobody would end the one before.
  if (before !== undefined && !sameLabels(before, opened)) {
    const over = `told anew: ${opened.annotations['summary'] ?? ''}`;
    await road.clients().pager?.post([alertOf({ ...before, over }, road.clock.now())]);
  }
  await sendPages(road, opened.recovery);
}

const sameLabels = (one: Page, other: Page): boolean =>
  Object.keys({ ...one.labels, ...other.labels }).every((name) => one.labels[name] === other.labels[name]);

/** A human was called for it while it was under way, or for an attempt before, and there is nothing more to see to. */
export async function endPage(recovery: string, over: string, road: Road): Promise<void> {
  if ((await finders(road)).has(recovery)) return;
  if (await road.store.endPage(recovery, over)) await sendPages(road, recovery);
}
