import type { Alert } from '../domain/alert.ts';
import { firstMiss } from '../domain/matcher.ts';
import { type Mode, narrower, type Playbook } from '../domain/playbook.ts';
import type { Target } from '../domain/target.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';

/**
 * Alerts nobody may answer with an action. Heartbeats fire when all is well, some of them with severity critical;
 * Grafana's pseudo alerts tell of its data source; our own alerts would have us recover from ourselves.
 */
const never = [
  {
    name: /^(Watchdog|InfoInhibitor|Dead ?Man'?s ?Snitch|DeadMans?Switch|.*Heartbeat)$/i,
    why: 'it is a heartbeat: it fires while all is well',
  },
  { name: /^Datasource(NoData|Error)$/, why: "it tells of Grafana's data source, not of a target" },
  { name: /^Paramedic/, why: 'it is about Paramedic itself' },
];

export function answerable(alert: Alert): Verdict {
  if (alert.alertname === '') return no('it has no alertname label');
  if (alert.labels['recovery'] === 'none') return no('its label recovery is none: nothing is to be done about it');
  const refused = never.find(({ name }) => name.test(alert.alertname));
  return refused === undefined ? yes('it may be answered') : no(refused.why);
}

/** The playbook that answers, or a sentence that names the nearest one, if any is near, and the matcher that fails. */
export function answer(playbooks: readonly Playbook[], alert: Alert): Playbook | { readonly miss: string } {
  const found = playbooks.find((playbook) => firstMiss(playbook.match, alert.labels) === undefined);
  if (found !== undefined) return found;
  const misses = (playbook: Playbook): number =>
    playbook.match.filter((matcher) => !matcher.matches(alert.labels[matcher.label] ?? '')).length;
  const nearest = playbooks.toSorted(
    (a, b) => misses(a) - misses(b) || likeness(b, alert) - likeness(a, alert) || b.match.length - a.match.length,
  )[0];
  if (nearest === undefined) return { miss: 'no playbook answers it: none is configured' };
  const failing = firstMiss(nearest.match, alert.labels);
  const value = failing && alert.labels[failing.label];
  // None of its matchers holds, and the names differ before their middle: to name it would mislead.
  if (misses(nearest) === nearest.match.length && likeness(nearest, alert) * 2 < Math.max(1, value?.length ?? 0))
    return { miss: 'no playbook answers it, and none comes near' };
  const is = value === undefined ? 'is not set' : `is ${JSON.stringify(value.slice(0, 80))}`;
  return {
    miss: `no playbook answers it: the nearest is ${nearest.name}, whose matcher ${failing?.text} fails (${failing?.label} ${is})`,
  };
}

/** How many letters the value that fails begins with as some word of the matcher does: `KubeNode…` is near `KubeNode…`. */
function likeness({ match }: Playbook, alert: Alert): number {
  const failing = firstMiss(match, alert.labels);
  const value = (failing && alert.labels[failing.label]) ?? '';
  const words = failing?.text.slice(failing.label.length).match(/\w+/g) ?? [];
  const shared = (word: string): number => {
    let length = 0;
    while (length < word.length && word[length] === value[length]) length += 1;
    return length;
  };
  return Math.max(0, ...words.map(shared));
}

/** What an alert and its target allow, whatever the playbook says: they can only narrow. */
export function boundsOf(alert: Alert, target: Target): { readonly mode: Mode; readonly reasons: readonly string[] } {
  const asks = alert.labels['recovery'] === 'approval';
  return {
    mode: narrower(asks ? 'approve' : 'act', target.mode ?? 'act'),
    reasons: [
      ...(asks ? ['its label recovery is approval'] : []),
      ...(target.modeReason === undefined ? [] : [target.modeReason]),
    ],
  };
}
