import { fileURLToPath } from 'node:url';
import { startProcess } from './process.ts';

const program = fileURLToPath(new URL('../cluster/state-metrics', import.meta.url));

/** What kube-state-metrics tells of a cluster, on a free port of 127.0.0.1. Not to be scraped more often than every 5 s. */
export interface StateMetrics {
  readonly port: number;
  /** `http://127.0.0.1:PORT/metrics` */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts it and resolves once it has listed every kind of object. */
export async function startStateMetrics(kubeconfig: string): Promise<StateMetrics> {
  const server = await startProcess(process.execPath, [program, '--port', '0'], {
    name: 'state-metrics',
    env: { KUBECONFIG: kubeconfig },
  });
  try {
    const line = await server.waitForLine((one) => one.startsWith('state-metrics: http://'));
    const url = line.slice('state-metrics: '.length);
    await server.until('readiness', async () => (await fetch(new URL('/readyz', url))).ok || undefined);
    return { url, port: Number(new URL(url).port), pid: server.pid, stop: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
