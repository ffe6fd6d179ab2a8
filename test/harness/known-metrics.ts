import { containerSeries } from '../../src/telemetry/container-series.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

/** Every series name that can be on our /metrics, taken from the registry itself. */
export function knownMetrics(): ReadonlySet<string> {
  const { registry } = createMetrics();
  containerSeries(registry, new Map());
  const names = registry
    .getMetricsAsArray()
    .flatMap(({ name, type }) =>
      String(type) === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    );
  return new Set(names);
}

/** The metrics of ours that a PromQL expression asks for. */
export const metricsIn = (expr: string): string[] => expr.match(/\bparamedic_[a-z_]+/g) ?? [];
