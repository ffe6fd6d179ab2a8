import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { dialectConfigs, type Dialect } from './kube-scene-dialects.ts';

const ruleGroups = z.object({
  groups: z.array(
    z.looseObject({
      name: z.string(),
      rules: z.array(
        z.looseObject({ alert: z.string().optional(), expr: z.union([z.string(), z.number()]).transform(String) }),
      ),
    }),
  ),
});
/** A rule file of Prometheus, or the PrometheusRule object that its operator takes. */
const ruleFile = z.union([ruleGroups, z.object({ spec: ruleGroups }).transform(({ spec }) => spec)]);

export interface RuleOptions {
  /** Replaces every `for:` and `keep_firing_for:`; `5s` when absent. */
  readonly forDuration?: string;
  /** Replaces every range: `[10m]`. Four scrapes when absent: `20s`. */
  readonly window?: string;
  /** The rules select by this install's scrape job. `helm` when absent. */
  readonly dialect?: Dialect;
  /** Only these alerts; recording rules stay. */
  readonly alerts?: readonly string[];
}

const quoted = /("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)/;
const range = /\[\s*(?:\d+(?:ms|[smhdwy]))+\s*(:[^\]]*)?\]/g;

/** Changes what is no string of an expression. A subquery keeps being one, and takes its steps as often as we evaluate. */
const shortenExpression = (expr: string, window: string): string =>
  expr
    .split(quoted)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part.replace(range, (_, steps: string | undefined) => `[${window}${steps === undefined ? '' : ':5s'}]`),
    )
    .join('');

/** kube-prometheus' rules say `job="kube-state-metrics"`; an install whose job has another name has to change them. */
const selectJob = (expr: string, job: string): string => expr.replaceAll('job="kube-state-metrics"', `job="${job}"`);

/**
 * Rules as they are published, made fit for a test: nothing waits for minutes, and they select by the install's job.
 * Thresholds, and with them what each rule is about, stay. Answers the text of a rule file for Prometheus.
 */
export function rulesForTest(text: string, options: RuleOptions = {}): string {
  const { forDuration = '5s', window = '20s', dialect = 'helm', alerts } = options;
  const { job } = dialectConfigs[dialect];
  const isWanted = (alert: string | undefined) => alert === undefined || alerts === undefined || alerts.includes(alert);
  const groups = ruleFile.parse(parse(text)).groups.map(({ name, rules }) => ({
    // A group's own interval is left out: every group is evaluated as often as we say.
    name,
    rules: rules
      .filter(({ alert }) => isWanted(alert))
      .map((rule) => ({
        ...rule,
        expr: shortenExpression(selectJob(rule.expr, job), window),
        ...('for' in rule ? { for: forDuration } : {}),
        ...('keep_firing_for' in rule ? { keep_firing_for: forDuration } : {}),
      })),
  }));
  return stringify({ groups: groups.filter(({ rules }) => rules.length > 0) });
}
