import type { PrometheusClient } from '../../src/domain/clients.ts';

/** One that is asked for its alerts and for nothing else. */
export const listing = (alerts: PrometheusClient['alerts']): PrometheusClient => ({
  alerts,
  range: () => Promise.reject(new Error('nobody was to ask for a range')),
  query: () => Promise.reject(new Error('nobody was to ask for a value')),
  rules: () => Promise.reject(new Error('nobody was to ask for rules')),
});
