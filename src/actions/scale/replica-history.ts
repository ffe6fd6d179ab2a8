import { z } from 'zod';
import type { Clients, Series } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';
import { quoted } from '../../domain/quoted.ts';
import type { Target } from '../../domain/target.ts';
import { type KubernetesPlace, parseKubernetesKey } from '../../kubernetes/key.ts';
import { namedIn } from '../../kubernetes/labels.ts';
import { lookAgainMs } from '../pinned-workload.ts';
import { backHours, numberExpression, stepMs, wantedMetric, wellExpression } from './replica-queries.ts';
import { argumentIn, lastWordOf, type Sources, stretchesOf } from './stretches.ts';

const instant = z.number().int().nonnegative();
const found = z.strictObject({
  /** When it was fully available with that many replicas for a while, the newest first. */
  stretches: z.array(z.strictObject({ replicas: z.number().positive(), fromMs: instant, untilMs: instant })).readonly(),
  /** The newest number it was to have; null: none is known. */
  last: z.strictObject({ replicas: z.number().nonnegative(), atMs: instant }).nullable(),
});
const unknown = z.strictObject({
  ok: z.literal(false),
  reason: z.string(),
  retryAfterMs: z.number().exactOptional(),
});
type Unknown = z.infer<typeof unknown>;
const because = (reason: string, retryAfterMs?: number): Unknown => ({
  ok: false,
  reason,
  ...(retryAfterMs !== undefined && { retryAfterMs }),
});

/** What Prometheus remembers of a workload's replicas, or why that is not known; as `plan` gets it. */
export const replicaHistory = z.union([found, unknown]);
export type ReplicaHistory = z.infer<typeof replicaHistory>;

const advice = 'give the step a number: scale: {to: 3}';

/** Asks Prometheus for the last 24 h; a refusal says why they are not known. Never throws ActionError. */
export async function readReplicaHistory(target: Target, clients: Clients, now = Date.now()): Promise<ReplicaHistory> {
  const { prometheus } = clients;
  if (prometheus === undefined)
    return because(
      `how many replicas it had when it was well is not known without a Prometheus; name one in the configuration, or ${advice}`,
    );
  const place = parseKubernetesKey(target.key);
  // Whole steps of the epoch: asked again a moment later, it is the same answer.
  const toMs = Math.floor(now / stepMs) * stepMs;
  const fromMs = toMs - backHours * 60 * 60_000;
  const ask = (expression: string): Promise<readonly Series[]> =>
    prometheus.range({ expression, fromMs, toMs, stepMs });
  try {
    const [numbers, well] = await Promise.all([ask(numberExpression(place)), ask(wellExpression(place))]);
    const meant = labelOf(numbers.filter(isAbout(place)), place, clients.kubernetes.size);
    if ('ok' in meant) return meant;
    const ours = (all: readonly Series[]) => all.filter(isAbout(place)).filter((one) => clusterOf(one) === meant.label);
    const sources = { numbers: ours(numbers), well: ours(well) };
    return argumentOver(sources) ?? { stretches: stretchesOf(sources), last: lastWordOf(sources) };
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    // The steps that follow need no Prometheus: it must not end the recovery.
    const reason = `how many replicas it had when it was well is not known: ${error.message}`;
    return error.retryable ? because(reason, lookAgainMs) : because(reason);
  }
}

/** The label `cluster` of the series that are of our cluster: its name, or none where only one cluster can be meant. */
function labelOf(
  known: readonly Series[],
  place: KubernetesPlace,
  clusters: number,
): { readonly label: string | undefined } | Unknown {
  if (known.length === 0)
    return because(`Prometheus knows nothing of it (${wantedMetric(place)}, from kube-state-metrics); ${advice}`);
  const labels = new Set(known.map(clusterOf));
  if (labels.has(place.cluster)) return { label: place.cluster };
  if (!labels.has(undefined)) {
    const names = [...labels].map((label) => quoted(label ?? '')).toSorted();
    return because(`Prometheus knows one of its name in cluster ${names.join(', ')} only, not in ${place.cluster}`);
  }
  if (clusters === 1) return { label: undefined };
  const which = `its series in Prometheus do not say which of ${clusters} clusters they are of`;
  return because(`${which}; have them scraped with a label cluster: ${place.cluster}, or ${advice}`);
}

const clusterOf = ({ labels }: Series): string | undefined => namedIn(labels)?.cluster;
const isAbout =
  ({ kind, namespace, name }: KubernetesPlace) =>
  ({ labels }: Series): boolean => {
    const named = namedIn(labels);
    return named?.kind === kind && named.namespace === namespace && named.name === name;
  };

function argumentOver(sources: Sources): Unknown | undefined {
  const argument = argumentIn(sources);
  if (argument === undefined) return undefined;
  const numbers = argument.numbers.join(' and ');
  return because(
    `Prometheus has ${numbers} replicas for it at the same time, as of two clusters of which neither has a label cluster; ${advice}`,
  );
}
