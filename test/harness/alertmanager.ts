import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { fetchJson } from './fetch-json.ts';
import { freePort, onFreePort, type RunningProcess, startProcess } from './process.ts';

export interface AlertmanagerOptions {
  readonly webhookUrl: string;
  /** File with the bearer token for the webhook; none is sent when absent. */
  readonly tokenFile?: string;
  /** The receiver's name; `paramedic` when absent. */
  readonly receiver?: string;
  /** As Alertmanager writes durations. */
  readonly groupWait?: string;
  readonly groupInterval?: string;
  readonly repeatInterval?: string;
  readonly groupBy?: readonly string[];
  /** Two routes with `continue: true` to the same receiver: every notification is sent twice. */
  readonly twice?: boolean;
  /** Makes it a member of an HA group: the cluster addresses of those it joins (an empty list for the first). */
  readonly peers?: readonly string[];
  /** A free port that was chosen before, because someone has to know it first. */
  readonly port?: number;
}

/** An alert as it is posted to Alertmanager. */
export interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** RFC 3339. An `endsAt` that is over resolves it. */
  readonly startsAt?: string;
  readonly endsAt?: string;
}

/** A real prometheus-alertmanager on 127.0.0.1 that belongs to one test. */
export interface Alertmanager {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Where other members of its HA group reach it; empty when it is in none. */
  readonly clusterAddress: string;
  post(alerts: readonly PostedAlert[]): Promise<void>;
  /** What `/api/v2/alerts` lists now. */
  list(): Promise<readonly z.infer<typeof listed>[]>;
  stop(): Promise<void>;
}

const listed = z.object({
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  fingerprint: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  updatedAt: z.string(),
  status: z.object({ state: z.string() }),
});
const clusterStatus = z.object({ cluster: z.object({ peers: z.array(z.unknown()).default([]) }) });

function configuration(options: AlertmanagerOptions): unknown {
  const receiver = options.receiver ?? 'paramedic';
  const authorization = { authorization: { credentials_file: options.tokenFile } };
  return {
    route: {
      receiver,
      group_by: options.groupBy ?? ['alertname'],
      group_wait: options.groupWait ?? '100ms',
      group_interval: options.groupInterval ?? '1s',
      repeat_interval: options.repeatInterval ?? '1h',
      // Different matchers, because routes of one text would share an entry of the notification log.
      routes: (options.twice === true ? ['alertname=~".+"', 'alertname=~".*"'] : []).map((matcher) => ({
        receiver,
        matchers: [matcher],
        continue: true,
      })),
    },
    receivers: [
      {
        name: receiver,
        webhook_configs: [
          {
            url: options.webhookUrl,
            send_resolved: true,
            ...(options.tokenFile === undefined ? {} : { http_config: authorization }),
          },
        ],
      },
    ],
  };
}

/** Starts an Alertmanager and resolves once it is ready and, in an HA group, once it knows its peers. */
export async function startAlertmanager(options: AlertmanagerOptions): Promise<Alertmanager> {
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-alertmanager-'));
  // JSON is YAML.
  await writeFile(join(dir, 'alertmanager.yml'), JSON.stringify(configuration(options)));
  let port = 0;
  let clusterAddress = '';
  let server: RunningProcess;
  try {
    server = await onFreePort(async (free) => {
      port = options.port ?? free;
      clusterAddress = options.peers === undefined ? '' : `127.0.0.1:${await freePort()}`;
      return start(dir, port, clusterAddress, options.peers ?? []);
    });
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    pid: server.pid,
    clusterAddress,
    async post(alerts) {
      const response = await fetch(`${url}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(alerts),
      });
      if (!response.ok) throw new Error(`Alertmanager took no alerts: ${response.status} ${await response.text()}`);
    },
    list: () => fetchJson(`${url}/api/v2/alerts`, z.array(listed)),
    async stop() {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function start(
  dir: string,
  port: number,
  clusterAddress: string,
  peers: readonly string[],
): Promise<RunningProcess> {
  const server = await startProcess('prometheus-alertmanager', [
    `--config.file=${join(dir, 'alertmanager.yml')}`,
    `--storage.path=${join(dir, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    `--cluster.listen-address=${clusterAddress}`,
    // The next peer in the group waits this long before it sends what the one before it may have sent.
    '--cluster.peer-timeout=1s',
    '--cluster.settle-timeout=2s',
    ...peers.map((peer) => `--cluster.peer=${peer}`),
  ]);
  try {
    // It says so only after it has bound the port, so that the one that answers is this one.
    await server.waitForLine((line) => line.includes('Listening on') && line.includes(`127.0.0.1:${port}`));
    await server.until('readiness', async () => {
      const response = await fetch(`http://127.0.0.1:${port}/-/ready`);
      return response.ok ? true : undefined;
    });
    if (peers.length > 0) {
      await server.until('the HA group', async () => {
        const { cluster } = await fetchJson(`http://127.0.0.1:${port}/api/v2/status`, clusterStatus);
        return cluster.peers.length > peers.length ? true : undefined;
      });
    }
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}
