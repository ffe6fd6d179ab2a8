import { readFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { ObjectPlace, TestCluster } from './cluster.ts';
import { fetchJson } from './fetch-json.ts';
import { type FastScene, startFastScene } from './kube-fast-scene.ts';
import { type LogLine, type Paramedic, startParamedic } from './paramedic.ts';
import { freePort } from './process.ts';
import { type RedisServer, startRedis } from './redis.ts';

export interface FaultSceneOptions {
  readonly cluster: TestCluster;
  /** Who Paramedic is to the API, and how it gets there. */
  readonly identity: { readonly kubeconfig: string; readonly user: string };
  readonly namespaces: readonly string[];
  /** They are probed from outside, as an application's own monitoring would. */
  readonly services: readonly ObjectPlace[];
  /** How long is watched until a fix has helped, and how long it has to be well; 3m and 10s when absent. */
  readonly verify?: { readonly within: string; readonly stable: string };
  /** Added to the configuration, or instead of ours. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** The shipped rules on a real cluster, and behind them a Paramedic that may do all of it without a human. */
export interface FaultScene extends FastScene {
  readonly paramedic: Paramedic;
  readonly redis: RedisServer;
  /** As the audit log has Paramedic. */
  readonly user: string;
  /** Resolves when each target (`NAMESPACE/deployment/web`) has been seen healthy, for long enough, as it is now. */
  remembered(targets: readonly string[]): Promise<void>;
  /** Lines of Paramedic's log about targets of this namespace, in order. */
  told(namespace: string): readonly LogLine[];
}

const shipped = z.object({ name: z.string(), match: z.array(z.string()), steps: z.array(z.looseObject({})) });
const answer = z.object({ targets: z.array(z.object({ target: z.string(), changed: z.number().optional() })) });

/** As it is shipped, but for how long it watches: a test has not so much time. */
export async function shippedPlaybook(folder: string, verify: unknown): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(new URL(`../../alert-rules/${folder}/playbook.yml`, import.meta.url), 'utf8');
  const { name, match, steps } = shipped.parse(parse(text));
  return { name, match, steps: steps.map((step) => ({ ...step, verify })), guardrails: { cooldown: '10m' } };
}

/** Starts it; when a part of it does not start, the parts before it are ended. */
export async function startFaultScene(options: FaultSceneOptions): Promise<FaultScene> {
  const { cluster, identity, namespaces, services, verify = { within: '3m', stable: '10s' } } = options;
  const owned: { stop(): Promise<void> }[] = [];
  const own = <T extends { stop(): Promise<void> }>(one: T): T => {
    owned.push(one);
    return one;
  };
  const stop = async (): Promise<void> => {
    for (const one of owned.splice(0).toReversed()) await one.stop();
  };
  try {
    const redis = own(await startRedis());
    const ports = { alertmanager: await freePort(), prometheus: await freePort() };
    const config = {
      mode: 'act',
      known_good: { after: '30s' },
      redis: { url: redis.url },
      alertmanager: { urls: [`http://127.0.0.1:${ports.alertmanager}`] },
      prometheus: { url: `http://127.0.0.1:${ports.prometheus}` },
      docker: [],
      kubernetes: [{ name: 'prod', kubeconfig: identity.kubeconfig }],
      // Much is broken at once here, each in a namespace of its own: what holds many back has tests of its own.
      guardrails: {
        storm: 'off',
        risk: 'high',
        concurrency: { namespace: 100, global: 100 },
        budget: { target: '100 per 1h' },
      },
      playbooks: [await shippedPlaybook('kubernetes-fast', verify), await shippedPlaybook('application', verify)],
      ...options.config,
    };
    const paramedic = own(await startParamedic({ config: stringify(config) }));
    const webhook = { webhookUrl: `${paramedic.url}/webhook`, tokenFile: paramedic.tokenFile };
    const fast = own(await startFastScene({ cluster, namespaces, services, ports, ...webhook }));
    return {
      ...fast,
      paramedic,
      redis,
      user: identity.user,
      async remembered(targets) {
        const authorization = `Basic ${Buffer.from(`paramedic:${paramedic.uiPassword}`).toString('base64')}`;
        await cluster.waitFor(
          `${targets.length} targets to be remembered`,
          async () => {
            const { targets: all } = await fetchJson(`${paramedic.url}/api/v1/known-good`, answer, {
              headers: { authorization },
            });
            const known = new Set(all.filter(({ changed }) => changed === 0).map(({ target }) => target));
            const missing = targets.filter((target) => !known.has(`kubernetes/prod/${target}`));
            if (missing.length > 0) throw new Error(`not yet: ${missing.join(', ')}`);
            return true;
          },
          120_000,
        );
      },
      told: (namespace) =>
        paramedic.log().filter(({ target }) => String(target).startsWith(`kubernetes/prod/${namespace}/`)),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
