import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onFreePort, type RunningProcess, startProcess } from './process.ts';

/** A real blackbox_exporter on 127.0.0.1, with one module, `tcp`: whether somebody takes a connection. */
export interface BlackboxExporter {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts it and resolves once it answers. */
export async function startBlackboxExporter(): Promise<BlackboxExporter> {
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-blackbox-'));
  let port = 0;
  let server: RunningProcess;
  try {
    // JSON is YAML.
    await writeFile(join(dir, 'blackbox.yml'), JSON.stringify({ modules: { tcp: { prober: 'tcp', timeout: '2s' } } }));
    server = await onFreePort((free) => {
      port = free;
      return start(dir, free);
    });
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
  return {
    port,
    pid: server.pid,
    async stop() {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function start(dir: string, port: number): Promise<RunningProcess> {
  const server = await startProcess('prometheus-blackbox-exporter', [
    `--config.file=${join(dir, 'blackbox.yml')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  try {
    await server.until('readiness', async () => {
      return (await fetch(`http://127.0.0.1:${port}/-/healthy`)).ok || undefined;
    });
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}
