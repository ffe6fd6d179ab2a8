import { stringify } from 'yaml';
import { type Containers, testContainers } from './containers.ts';
import { type DockerProxy, startDockerProxy } from './docker-proxy.ts';
import { type Paramedic, startParamedic } from './paramedic.ts';
import { type RedisServer, startRedis } from './redis.ts';
import { type PayloadAlert, webhookPayload } from './webhook-payload.ts';

export interface SceneOptions {
  /** How long a step may take and has to be well, as in a playbook: `{within: '20s', stable: '1s'}` when absent. */
  readonly verify?: { readonly within: string; readonly stable: string };
  /** Base URLs of the Alertmanagers that Paramedic re-reads. */
  readonly alertmanagers?: readonly string[];
  /** Of every playbook. */
  readonly silence?: true;
  /** `act` when absent. */
  readonly mode?: 'approve' | 'act';
  /** Steps that every playbook has before its own. */
  readonly before?: readonly object[];
  /** As in a configuration; its sources may name volumes of the engine `test`. */
  readonly backups?: object;
  /** Of every playbook: `{cooldown: '1m'}` when absent. */
  readonly guardrails?: Readonly<Record<string, unknown>>;
}

/** A Paramedic, its Redis, and a proxy between it and the engine; with nothing that calls it yet. */
export interface Scene {
  readonly redis: RedisServer;
  readonly proxy: DockerProxy;
  readonly containers: Containers;
  readonly paramedic: Paramedic;
  /** Another Paramedic on the same Redis, with the same configuration and a data directory of its own. */
  another(): Promise<Paramedic>;
  /** Ends with the scene, before what was there earlier. */
  own<T extends { stop(): Promise<void> }>(resource: T): T;
  /** Sends alerts to the webhook; answers the status. */
  post(alerts: readonly PayloadAlert[], signal?: AbortSignal): Promise<number>;
  close(): Promise<void>;
}

/** The verbs by the alert that they answer. */
const answers = {
  DockerContainerDown: 'start',
  DockerContainerUnhealthy: 'restart',
  DockerContainerPaused: 'unpause',
} as const;

function configuration(own: { redis: string; socket: string; prefix: string }, options: SceneOptions): string {
  const verify = options.verify ?? { within: '20s', stable: '1s' };
  return stringify({
    mode: options.mode ?? 'act',
    redis: { url: own.redis },
    docker: [{ name: 'test', socket: own.socket }],
    ...(options.alertmanagers === undefined ? {} : { alertmanager: { urls: options.alertmanagers } }),
    ...(options.backups && { backups: options.backups }),
    playbooks: Object.entries(answers).map(([alertname, verb]) => ({
      name: verb,
      match: [`alertname="${alertname}"`, `name=~"${own.prefix}-.+"`],
      steps: [...(options.before ?? []), { [verb]: {}, verify }],
      guardrails: options.guardrails ?? { cooldown: '1m' },
      ...(options.silence && { silence: true }),
    })),
  });
}

/** Starts a scene; when a part of it does not start, the parts before it are ended. */
export async function startScene(options: SceneOptions = {}): Promise<Scene> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    const containers = await testContainers();
    closers.push(() => containers.removeAll());
    const redis = await startRedis();
    closers.push(() => redis.stop());
    const proxy = await startDockerProxy();
    closers.push(() => proxy.close());
    const { prefix } = containers;
    const config = configuration({ redis: redis.url, socket: proxy.socket, prefix }, options);
    const paramedic = await startParamedic({ config });
    closers.push(() => paramedic.stop());
    const own: Scene['own'] = (resource) => {
      closers.push(() => resource.stop());
      return resource;
    };
    return {
      redis,
      proxy,
      containers,
      paramedic,
      another: async () => own(await startParamedic({ config })),
      own,
      async post(alerts, signal) {
        const response = await fetch(`${paramedic.url}/webhook`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${paramedic.token}` },
          body: webhookPayload(alerts),
          signal: signal ?? AbortSignal.timeout(10_000),
        });
        await response.arrayBuffer();
        return response.status;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
