import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Episode } from '../domain/episode.ts';
import { RunReplaced } from '../domain/errors.ts';
import type { Entry, Outcome, Recovery, StepReport } from '../domain/recovery.ts';
import {
  actOf,
  type Begun,
  type Decided,
  type DecideInput,
  type Heard,
  type HeardInput,
  type Run,
  type Store,
} from '../domain/store.ts';
import type { Target } from '../domain/target.ts';
import { keepMs, keys, maxBytes } from './keys.ts';
import { approve, ask, cancel, openManual } from './lua/approval.ts';
import { acknowledge, claim } from './lua/claim.ts';
import { decide } from './lua/decide.ts';
import { keepEvidence } from './lua/evidence.ts';
import { heard } from './lua/heard.ts';
import { prelude } from './lua/prelude.ts';
import { begin, finish, journal, missed, reopen, report, reserve } from './lua/recovery.ts';
import { resolved } from './lua/resolved.ts';
import { trimDecisions } from './lua/trim.ts';
import { endPage, forgetPage } from './lua/page.ts';
import { redisApprovals } from './redis-approvals.ts';
import { redisAudit } from './redis-audit.ts';
import { redisBrakes } from './redis-brakes.ts';
import { redisDecisions } from './redis-decisions.ts';
import { redisEvidence } from './redis-evidence.ts';
import { redisPages } from './redis-pages.ts';
import { toEpisode, toRecovery } from './rows.ts';
import { wellFormed } from './well-formed.ts';

const scripts = {
  heard,
  resolved,
  decide,
  begin,
  reopen,
  journal,
  report,
  reserve,
  claim,
  acknowledge,
  endPage,
  forgetPage,
  finish,
  missed,
  ask,
  approve,
  cancel,
  openManual,
  trimDecisions,
  keepEvidence,
};
type Script = keyof typeof scripts;
type Answer = Record<string, unknown>;

/** Prometheus sends what fires to an Alertmanager once a minute: an empty list for less than that says nothing. */
const absentMs = 90_000;
/** An older firing can come this late after its resolve; what comes later is news, ms. */
const lateMs = 5 * 60_000;

const newId = (kind: string): string => `${kind}_${randomBytes(8).toString('hex')}`;

const about = ({ alert, now, config, source, counted }: HeardInput): Answer => ({
  fingerprint: alert.fingerprint,
  alertname: alert.alertname,
  startsAt: alert.startsAt,
  now,
  config,
  source,
  lateMs,
  reread: source === 'reread',
  counted: counted && source !== 'reread',
});

/** The store on Redis (6.2 or newer, one instance: the scripts build their key names, so not a cluster). */
export function createRedisStore(redis: Redis, prefix = 'paramedic:', limits: Partial<typeof maxBytes> = {}): Store {
  const key = keys(prefix);
  const most = { ...maxBytes, ...limits };
  for (const [name, lua] of Object.entries(scripts)) {
    redis.defineCommand(`paramedic_${name}`, { numberOfKeys: 0, lua: prelude + lua });
  }

  async function call<Result extends Answer>(script: Script, input: Answer): Promise<Result> {
    const command = (redis as unknown as Record<string, (...args: string[]) => Promise<string>>)[`paramedic_${script}`];
    if (command === undefined) throw new Error(`script ${script} is not defined`);
    const answer = JSON.parse(await command.call(redis, prefix, JSON.stringify(input, wellFormed))) as Result & {
      replaced?: boolean;
    };
    if (answer.replaced) throw new RunReplaced(`another run looks after ${String(input['recovery'])} now`);
    return answer;
  }

  const readRecovery = async (id: string): Promise<Recovery | undefined> => {
    const [row, entries, episodes] = await Promise.all([
      redis.hgetall(key.recovery(id)),
      redis.lrange(key.journal(id), 0, -1),
      redis.smembers(key.recoveryEpisodes(id)),
    ]);
    return row['id'] === undefined ? undefined : toRecovery(row, entries, episodes);
  };
  const readEpisode = async (id: string): Promise<Episode | undefined> => {
    const [row, members] = await Promise.all([redis.hgetall(key.episode(id)), redis.hgetall(key.members(id))]);
    return row['id'] === undefined ? undefined : toEpisode(row, members);
  };
  const decisions = redisDecisions(redis, key, call, most.decisions);
  const audit = redisAudit(redis, key, most.audit);
  const evidence = redisEvidence(redis, key, call, most.evidence);

  return {
    heard: (input) => call<Heard & Answer>('heard', about(input)),

    resolved: (input) =>
      call('resolved', { ...about(input), endsAt: input.alert.endsAt ?? input.now, newEpisode: newId('ep') }),

    async decide(input: DecideInput): Promise<Decided> {
      const { decision, procedure } = input;
      const answer = await call<{ episode: string; opened: boolean; attempt?: number }>('decide', {
        ...about(input),
        heard: input.heard,
        targetKey: decision.target?.key,
        target: decision.target && JSON.stringify(decision.target),
        newEpisode: newId('ep'),
        newRecovery: newId('r'),
        decision: decision.decision,
        reason: decision.reason,
        playbook: decision.playbook,
        mode: decision.mode,
        retryAt: decision.retryAt,
        procedure: procedure && JSON.stringify(procedure),
        labels: JSON.stringify(input.alert.labels),
      });
      const written = await decisions.store.decision(answer.episode);
      if (written === undefined)
        throw new Error(`the decision of ${answer.episode} is gone right after it was written`);
      return { ...answer, decision: written };
    },

    async begin(run: Run, made: number): Promise<Begun> {
      const answer = await call<{ begin: Begun['begin']; reason?: string }>('begin', { ...run, made });
      if (answer.begin === 'ended') return { begin: 'ended', reason: answer.reason ?? '' };
      const recovery = await readRecovery(run.recovery);
      if (recovery === undefined) return { begin: 'ended', reason: 'its record is gone' };
      if (answer.begin !== 'untold') return { begin: answer.begin, recovery };
      const { outcome } = recovery;
      return outcome === undefined
        ? { begin: 'ended', reason: 'it has ended' }
        : { begin: 'untold', recovery, outcome };
    },

    reopen: (recovery, attempt, run, now) =>
      call<Answer & { attempt: number }>('reopen', { recovery, attempt, run, now }),

    async journal(run: Run, entry: Entry, isHarmless = false): Promise<void> {
      await call('journal', {
        ...run,
        entry: JSON.stringify(entry),
        applying: entry.phase === 'applying',
        acts: entry.phase === 'applying' && !isHarmless,
        applied: entry.phase === 'applied',
        // Another candidate of the step was done before a later one: it stays counted in.
        unbegun: entry.nothing === 'not-begun' && entry.candidate === 0,
        begins: entry.phase === 'planned' || entry.phase === 'applying',
        act: actOf(run, entry),
        now: entry.at,
      });
    },

    async report(run: Run, steps: readonly StepReport[]): Promise<void> {
      await call('report', { ...run, steps: JSON.stringify(steps) });
    },

    async reserve(run: Run, targets: readonly string[]) {
      if (targets.length === 0) return undefined;
      const answer = await call<{ key?: string; by?: string }>('reserve', { ...run, keys: targets });
      return answer.key === undefined || answer.by === undefined ? undefined : { key: answer.key, by: answer.by };
    },

    async end(run, outcome: Outcome, made, now): Promise<void> {
      await call('finish', {
        ...run,
        made,
        now,
        result: outcome.result,
        reason: outcome.reason,
        waits: outcome.waits ?? false,
        outcome: JSON.stringify(outcome),
        retryAt: outcome.retryAfterMs === undefined ? undefined : now + outcome.retryAfterMs,
      });
    },

    recovery: readRecovery,
    episode: readEpisode,

    async openRecoveries(): Promise<readonly Recovery[]> {
      const ids = await redis.smembers(key.openRecoveries);
      return (await Promise.all(ids.map(readRecovery))).filter((found) => found !== undefined);
    },
    async openEpisodes(): Promise<readonly Episode[]> {
      const ids = await redis.smembers(key.episodes);
      return (await Promise.all(ids.map(readEpisode))).filter((found) => found !== undefined);
    },
    async missed(episode, fingerprint, now): Promise<boolean> {
      return (await call<{ closed: boolean }>('missed', { episode, fingerprint, now, absentMs })).closed;
    },
    async lastActed(target: Target) {
      const row = await redis.hgetall(key.acted(target.key));
      const recovery = row['recovery'];
      return recovery === undefined ? undefined : { recovery, attempt: Number(row['attempt']), at: Number(row['at']) };
    },
    ...redisApprovals(redis, key, call, readRecovery),
    ...decisions.store,
    ...audit.store,
    ...evidence.store,
    ...redisBrakes(redis, key, call),
    ...redisPages(redis, key, call),
    receivers: () => redis.smembers(key.receivers),
    async addReceiver(name: string): Promise<void> {
      await redis.sadd(key.receivers, name);
    },
    async usage() {
      const bytes = [decisions.bytes(), audit.bytes(), evidence.bytes()] as const;
      const [ofDecisions, ofAudit, ofEvidence] = await Promise.all(bytes);
      return [
        { part: 'decisions', bytes: ofDecisions, maxBytes: most.decisions },
        { part: 'audit', bytes: ofAudit, maxBytes: most.audit },
        { part: 'evidence', bytes: ofEvidence, maxBytes: most.evidence },
      ];
    },
    async trim(now: number): Promise<void> {
      await decisions.trim(now);
      await audit.trim(now);
      await redis.zremrangebyscore(key.recoveries, '-inf', now - keepMs);
      await redis.zremrangebyscore(key.troubled, '-inf', now - 86_400_000);
    },
  };
}
