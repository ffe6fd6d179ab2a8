import type { AlertingRule, Clients, Sample } from '../domain/clients.ts';
import type { Notes } from './notes.ts';

type Labels = Readonly<Record<string, string>>;

/** What is known of an alert. */
export interface AskedAlert {
  readonly labels: Labels;
  /** Where Prometheus shows its expression, `http://prometheus:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1`, if it is known. */
  readonly generatorURL?: string;
}

/** How many series are shown. */
const mostSeries = 100;
/** How many rules of the same name are asked about. */
const mostRules = 3;

/**
 * What the alert's own expression answers now. The expression is Prometheus' own word, by the alert's name; where no rule
 * there has it (a ruler of its own), what its `generatorURL` has, or that in Alertmanager's list.
 */
export async function expressionNow(alert: AskedAlert, clients: Clients, notes: Notes): Promise<void> {
  const { prometheus } = clients;
  const alertname = alert.labels['alertname'] ?? '';
  if (alertname === '') return;
  if (prometheus === undefined) {
    notes.miss(`what ${alertname}'s expression answers: no Prometheus is configured`);
    return;
  }
  const rules = (await notes.read(`the rule of ${alertname}`, (signal) => prometheus.rules(alertname, signal))) ?? [];
  const expressions = [...new Set(ruling(rules, alert.labels).map((rule) => rule.expression))];
  if (expressions.length === 0) {
    const expression = expressionIn(alert.generatorURL) ?? (await listedExpression(alert.labels, clients, notes));
    if (expression === undefined) notes.miss(`what ${alertname}'s expression answers: no rule of that name is known`);
    else expressions.push(expression);
  }
  await Promise.all(
    expressions.slice(0, mostRules).map(async (expression) => {
      const what = `what ${alertname}'s expression answers`;
      const samples = await notes.read(what, (signal) => prometheus.query(expression, signal));
      if (samples !== undefined)
        notes.keep({
          rank: 1,
          title: `${alertname} in Prometheus`,
          text: answerText(expression, samples, alert.labels),
          keep: 'start',
        });
    }),
  );
}

/** Those that may have made an alert with these labels. Templates in theirs may have become anything. */
const ruling = (rules: readonly AlertingRule[], labels: Labels): readonly AlertingRule[] =>
  rules.filter((rule) =>
    Object.entries(rule.labels).every(([name, value]) => value.includes('{{') || labels[name] === value),
  );

/** The expression that a `generatorURL` shows; undefined: none, or it is none of Prometheus'. */
export function expressionIn(generatorURL: string | undefined): string | undefined {
  if (generatorURL === undefined || !URL.canParse(generatorURL)) return undefined;
  return new URL(generatorURL).searchParams.get('g0.expr') || undefined;
}

async function listedExpression(labels: Labels, { alertmanager }: Clients, notes: Notes): Promise<string | undefined> {
  const alertname = labels['alertname'] ?? '';
  if (alertmanager === undefined) return undefined;
  const listed = await notes.read(`${alertname} in Alertmanager`, (signal) => alertmanager.list({ alertname }, signal));
  const ours = listed?.alerts.find((one) =>
    Object.entries(labels).every(([name, value]) => one.labels[name] === value),
  );
  return expressionIn(ours?.generatorURL);
}

function answerText(expression: string, samples: readonly Sample[], labels: Labels): string {
  if (samples.length === 0) return `${expression}\nnothing: it does not hold now`;
  // Those of the victim first: of all labels that it has, they have the same.
  const others = (sample: Sample): number =>
    Object.entries(sample.labels).filter(([name, value]) => name !== '__name__' && labels[name] !== value).length;
  const lines = samples
    .toSorted((one, other) => others(one) - others(other))
    .slice(0, mostSeries)
    .map((sample) => `${seriesText(sample.labels)} ${sample.value}`);
  const more = samples.length - lines.length;
  return [expression, ...lines, ...(more > 0 ? [`[and ${more} series more]`] : [])].join('\n');
}

function seriesText({ __name__: name = '', ...labels }: Labels): string {
  const all = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${name}{${all.join(', ')}}`;
}
