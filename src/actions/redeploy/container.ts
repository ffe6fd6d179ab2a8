import { z } from 'zod';
import { defineAction, type PlanInput } from '../../domain/action.ts';
import type { Clients, ContainerState } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan.ts';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import { clockTime } from '../../known-good/changes/clock-time.ts';
import { predecessors } from '../../domain/recreated-from.ts';
import { dockerEngine } from '../../targets/container/engine.ts';
import { parseContainerKey } from '../../targets/container/key.ts';
import { makeNetworks, networkPin } from '../container-networks.ts';
import { createContainer, enterNetworks, untilItRuns } from '../../docker/make-container.ts';
import { noParams } from '../no-params.ts';
import { beyondHope } from '../pinned-container.ts';
import { rememberedDefinition } from '../remembered-definition.ts';
import { holderOf, replaces } from '../replace-container.ts';
import { lastWay, observeLastWay } from './last-way.ts';

const change = z.strictObject({
  engine: z.string().min(1),
  name: z.string().min(1),
  /** Full id of the one that is gone. */
  gone: z.string().min(1),
  /** Hash of its definition. */
  to: z.string().min(1),
  networks: z.array(networkPin),
  /** How long it has to run, and how long it may take to, ms. */
  stableMs: z.number().positive(),
  withinMs: z.number().positive(),
});
type Change = z.infer<typeof change>;

const stableMs = 10_000;

function plan({ target, state, extra, now }: PlanInput<undefined, ContainerState>): readonly Plan<Change>[] | Verdict {
  const { engine, name } = parseContainerKey(target.key);
  const not = (because: string): Verdict => no(`container ${name} is not made again: ${because}`);
  if (state.status !== 'gone') return not('it is there');
  const found = lastWay.parse(extra);
  if ('nothing' in found) return not(found.nothing);
  const { to, gone, image, networks, withinMs, healthyAt, goneAt, isOfCompose } = found;
  const made = networks.map((network) => `, after network ${network.name}`).join('');
  const compose = isOfCompose ? '; the next "docker compose up" makes it as its file says' : '';
  return [
    {
      id: to,
      summary: `make container ${name} again, which was removed at ${clockTime(goneAt, now)}, as it was when it was healthy last, at ${clockTime(healthyAt, now)} (image ${image})${made}${compose}`,
      touches: [target.key, ...networks.map(({ key }) => key)],
      change: { engine, name, gone, to, networks, stableMs, withinMs },
      ownTimeMs: withinMs + stableMs,
      undo: `stop container ${name} and remove it again; its volumes stay`,
    },
  ];
}

async function apply(pinned: Change, clients: Clients, signal: AbortSignal): Promise<void> {
  const { engine, name, gone } = pinned;
  const docker = dockerEngine(engine, clients);
  const definition = await rememberedDefinition(clients, pinned, pinned.to);
  const holder = await holderOf(docker, name, signal);
  if (holder !== undefined && !replaces(holder, gone))
    throw new ActionError(`somebody made another container ${name} meanwhile`, 'conflict', false);
  await makeNetworks(docker, clients.knownGood, pinned.networks, signal);
  const id = holder?.id ?? (await createContainer(docker, { name, definition, recreatedFrom: gone }, signal));
  if (holder?.status === 'running') return;
  await enterNetworks(docker, id, definition, signal);
  await docker.start(id, signal);
  await untilItRuns(docker, id, pinned, signal);
}

/** Makes a container again that somebody removed. Whether that was on purpose nobody can tell, so a human is asked. */
export const redeployContainer = defineAction<undefined, ContainerState, Change>({
  verb: 'redeploy',
  on: 'container',
  role: 'fix',
  risk: 'high',
  permissions: [
    ...['/containers/json', '/containers/{id}/json', '/networks', '/volumes', '/images/{name}/json'].map(
      (path) => ({ platform: 'docker', resource: `GET ${path}`, verbs: ['GET'] }) as const,
    ),
    ...[
      '/containers/create',
      '/containers/{id}/start',
      '/containers/{id}/stop',
      '/networks/create',
      '/networks/{id}/connect',
      '/networks/{id}/disconnect',
    ].map((path) => ({ platform: 'docker', resource: `POST ${path}`, verbs: ['POST'] }) as const),
    { platform: 'docker', resource: 'DELETE /containers/{id}', verbs: ['DELETE'] },
  ],
  params: noParams,
  change,
  observe: (target, clients) => observeLastWay(target, clients, Date.now()),
  plan,
  apply,
  settled: async ({ engine, name, gone }, clients) => {
    try {
      const holder = await holderOf(dockerEngine(engine, clients), name);
      if (holder === undefined || !replaces(holder, gone)) return 'not-done';
      return holder.startedAt > 0 ? 'done' : 'half-done';
    } catch {
      return 'unknown';
    }
  },
  undo: async ({ engine, name, gone }, clients, signal) => {
    const docker = dockerEngine(engine, clients);
    const holder = await holderOf(docker, name, signal);
    if (holder === undefined || !replaces(holder, gone)) return;
    await docker.stop(holder.id, Math.max(0, holder.stopTimeoutS), signal);
    await docker.remove(holder.id, signal);
  },
  verify: ({ state, change: { name, gone } }) => {
    if (state.status === 'gone' || !predecessors(state.labels).includes(gone))
      return no(`container ${name} has not been made yet`);
    return beyondHope(state) ?? yes(`container ${name} is there again`);
  },
});
