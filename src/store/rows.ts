import type { Approval, Question } from '../domain/approval.ts';
import type { Decision } from '../domain/decision.ts';
import type { Episode, Member } from '../domain/episode.ts';
import type { Manual } from '../domain/manual.ts';
import type { Mode, Procedure } from '../domain/playbook.ts';
import type { Entry, Outcome, Recovery, StepReport } from '../domain/recovery.ts';
import type { Target } from '../domain/target.ts';

/** Redis hashes → our words. Everything in them was written by our own scripts. */
type Row = Readonly<Record<string, string>>;

const text = (row: Row, field: string): string => row[field] ?? '';
const number = (row: Row, field: string): number => Number(row[field] ?? 0);
const optional = <Value>(name: string, value: Value | undefined): Record<string, Value> =>
  value === undefined ? {} : { [name]: value };
const json = (value: string | undefined): unknown => (value === undefined ? undefined : JSON.parse(value));
const numeric = (value: string | undefined): number | undefined => (value === undefined ? undefined : Number(value));

export function toRecovery(row: Row, journal: readonly string[], episodes: readonly string[]): Recovery {
  return {
    id: text(row, 'id'),
    target: JSON.parse(text(row, 'target')) as Target,
    procedure: JSON.parse(text(row, 'procedure')) as Procedure,
    episodes,
    attempt: number(row, 'attempt'),
    state: row['state'] === 'ended' ? 'ended' : 'open',
    openedAt: number(row, 'openedAt'),
    labels: (json(row['labels']) ?? {}) as Recovery['labels'],
    startsAt: number(row, 'startsAt'),
    journal: journal.map((line) => JSON.parse(line) as Entry),
    steps: (json(row['steps']) ?? []) as StepReport[],
    ...optional('attemptOpenedAt', numeric(row['attemptAt'])),
    ...optional('run', row['run']),
    ...optional('endedAt', numeric(row['endedAt'])),
    ...optional('outcome', json(row['outcome']) as Outcome | undefined),
    ...optional('question', json(row['question']) as Question | undefined),
    ...optional('approval', toApproval(row)),
    ...optional('cancelled', toCancelled(row)),
    ...optional('manual', json(row['manual']) as Manual | undefined),
    ...optional('waitsSince', numeric(row['waitsSince'])),
    ...optional('endedMade', numeric(row['endedMade'])),
  };
}

function toApproval(row: Row): Approval | undefined {
  const question = json(row['approval']) as Question | undefined;
  return question && { ...question, by: text(row, 'approvedBy'), approvedAt: number(row, 'approvedAt') };
}

const toCancelled = (row: Row): Recovery['cancelled'] =>
  row['cancelledBy'] === undefined ? undefined : { by: row['cancelledBy'], reason: text(row, 'cancelledBecause') };

function toMember(value: string): Member {
  const [startsAt, lastSeenAt, absentSince] = value.split(' ').map(Number);
  return { startsAt: startsAt ?? 0, lastSeenAt: lastSeenAt ?? 0, absentSince: absentSince ?? 0 };
}

export function toEpisode(row: Row, members: Row): Episode {
  return {
    id: text(row, 'id'),
    alertname: text(row, 'alertname'),
    openedAt: number(row, 'openedAt'),
    count: number(row, 'count'),
    source: text(row, 'source') as Episode['source'],
    members: Object.fromEntries(Object.entries(members).map(([fingerprint, value]) => [fingerprint, toMember(value)])),
    ...optional('targetKey', row['target']),
    ...optional('closedAt', numeric(row['closedAt'])),
    ...optional('recovery', row['recovery']),
  };
}

export function toDecision(row: Row): Decision {
  return {
    episode: text(row, 'episode'),
    alertname: text(row, 'alertname'),
    fingerprint: text(row, 'fingerprint'),
    decision: row['decision'] === 'recover' ? 'recover' : 'none',
    reason: text(row, 'reason'),
    mode: text(row, 'mode') as Mode,
    at: number(row, 'at'),
    config: text(row, 'config'),
    ...optional('playbook', row['playbook']),
    ...optional('target', json(row['target']) as Target | undefined),
    ...optional('recovery', row['recovery']),
    ...optional('retryAt', numeric(row['retryAt'])),
  };
}
