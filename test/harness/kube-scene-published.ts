import { readFile } from 'node:fs/promises';

const file = (name: string) => new URL(`../testdata/kube-prometheus/${name}.yml`, import.meta.url);

/** The rules in the manner of kube-prometheus, as texts: those about workloads, and those about nodes and the cluster. */
export const kubePrometheusRules = (): Promise<readonly string[]> =>
  Promise.all(['workloads', 'cluster'].map((name) => readFile(file(name), 'utf8')));
