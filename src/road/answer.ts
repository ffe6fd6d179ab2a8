import type { Alert } from '../domain/alert.ts';
import { firstMiss } from '../domain/matcher.ts';
import type { Playbook } from '../domain/playbook.ts';
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
  const refused = never.find(({ name }) => name.test(alert.alertname));
  return refused === undefined ? yes('it may be answered') : no(refused.why);
}

/** The playbook that answers, or a sentence that names the nearest one and the matcher that fails. */
export function answer(playbooks: readonly Playbook[], alert: Alert): Playbook | { readonly miss: string } {
  const found = playbooks.find((playbook) => firstMiss(playbook.match, alert.labels) === undefined);
  if (found !== undefined) return found;
  const misses = (playbook: Playbook): number =>
    playbook.match.filter((matcher) => !matcher.matches(alert.labels[matcher.label] ?? '')).length;
  const nearest = playbooks.toSorted((a, b) => misses(a) - misses(b) || b.match.length - a.match.length)[0];
  if (nearest === undefined) return { miss: 'no playbook answers it: none is configured' };
  const failing = firstMiss(nearest.match, alert.labels);
  const value = failing && alert.labels[failing.label];
  const is = value === undefined ? 'is not set' : `is ${JSON.stringify(value.slice(0, 80))}`;
  return {
    miss: `no playbook answers it: the nearest is ${nearest.name}, whose matcher ${failing?.text} fails (${failing?.label} ${is})`,
  };
}
