import type { Decision } from '../domain/decision.ts';
import type { Episode } from '../domain/episode.ts';
import type { Recovery } from '../domain/recovery.ts';
import type { Decided, DecideInput, Store } from '../domain/store.ts';

/**
 * The store of `explain`: one walk over some alerts, in one process, and nothing of it stays. Each alert has an episode
 * of its own; alerts about one target share one recovery, as on the real store.
 */
export function createMemoryStore(): Store {
  const episodes = new Map<string, Episode>();
  const decisions = new Map<string, Decision>();
  const recoveries = new Map<string, Recovery>();
  const byTarget = new Map<string, string>();
  const newEpisode = (): string => `ep_${decisions.size + 1}`;
  const change = (id: string, more: Partial<Recovery>): void => {
    const recovery = recoveries.get(id);
    if (recovery === undefined) throw new Error(`there is no recovery ${id}`);
    recoveries.set(id, { ...recovery, ...more });
  };

  return {
    heard: async () => ({ news: 'new' }),
    async resolved({ alert, now, config }) {
      const episode = newEpisode();
      const reason = 'it is resolved: nothing is done about it';
      const { alertname, fingerprint } = alert;
      decisions.set(episode, {
        episode,
        alertname,
        fingerprint,
        decision: 'none',
        reason,
        mode: 'observe',
        at: now,
        config,
      });
      return { episode, closed: true };
    },

    async decide({ alert, now, config, source, decision, procedure }: DecideInput): Promise<Decided> {
      const id = newEpisode();
      const { fingerprint, alertname, startsAt } = alert;
      const members = { [fingerprint]: { startsAt, lastSeenAt: now, absentSince: 0 } };
      const targetKey = decision.target?.key;
      episodes.set(id, {
        id,
        alertname,
        source,
        openedAt: now,
        count: 1,
        members,
        ...(targetKey !== undefined && { targetKey }),
      });
      let written: Decision = { episode: id, alertname, fingerprint, at: now, config, ...decision };
      let opened = false;
      if (decision.target !== undefined && procedure !== undefined) {
        const known = byTarget.get(decision.target.key);
        const recovery = known ?? `r_${recoveries.size + 1}`;
        if (known === undefined) {
          byTarget.set(decision.target.key, recovery);
          const { target } = decision;
          const fresh = { episodes: [id], attempt: 1, state: 'open', openedAt: now, journal: [], steps: [] } as const;
          recoveries.set(recovery, { id: recovery, target, procedure, labels: alert.labels, startsAt, ...fresh });
          opened = true;
        } else {
          change(known, { episodes: [...(recoveries.get(known)?.episodes ?? []), id] });
        }
        written = { ...written, recovery };
      }
      decisions.set(id, written);
      return { episode: id, decision: written, opened, attempt: 1 };
    },

    async begin({ recovery }) {
      const found = recoveries.get(recovery);
      return found === undefined ? { begin: 'ended', reason: 'its record is gone' } : { begin: 'run', recovery: found };
    },
    reopen: async () => ({ refused: 'nothing is tried again here' }),
    async journal({ recovery }, entry) {
      change(recovery, { journal: [...(recoveries.get(recovery)?.journal ?? []), entry] });
    },
    report: async ({ recovery }, steps) => change(recovery, { steps: [...steps] }),
    reserve: async () => undefined,
    ask: async ({ recovery }, question) => {
      change(recovery, { question, outcome: { result: 'awaiting-approval', reason: question.reason } });
      return true;
    },
    approve: async () => ({ refused: 'nobody is asked here' }),
    dismiss: async () => ({ refused: 'nobody is asked here' }),
    cancel: async () => ({ refused: 'nothing is under way here' }),
    openManual: async () => ({ refused: 'nothing is begun by hand here' }),
    recoveries: async (limit) => [...recoveries.values()].slice(0, limit),
    end: async ({ recovery }, outcome, _made, now) => change(recovery, { state: 'ended', outcome, endedAt: now }),

    recovery: async (id) => recoveries.get(id),
    openRecoveries: async () => [...recoveries.values()].filter((recovery) => recovery.state === 'open'),
    episode: async (id) => episodes.get(id),
    openEpisodes: async () => [...episodes.values()],
    missed: async () => false,
    decision: async (episode) => decisions.get(episode),
    decisions: async () => [...decisions.values()].map((decision) => ({ ...decision, count: 1 })),
    decisionsOf: async () => [],
    record: async () => undefined,
    audit: async () => [],
    usage: async () => [],
    lastActed: async () => undefined,
    claim: async (_run, { limits }) => limits.map((limit) => ({ limit, used: 0, by: [] })),
    acknowledge: async () => false,
    openPage: async () => undefined,
    pages: async () => [],
    endPage: async () => false,
    forgetPage: async () => undefined,
    keepEvidence: async () => undefined,
    evidence: async () => [],
    latches: async () => [],
    pauses: async () => [],
    pause: async () => undefined,
    resume: async () => false,
    storm: async () => undefined,
    beginStorm: async () => false,
    endStorm: async () => false,
    troubled: async () => [],
    receivers: async () => [],
    addReceiver: async () => undefined,
    trim: async () => undefined,
  };
}
