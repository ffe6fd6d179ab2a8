import { z } from 'zod';
import type { Clients } from '../../domain/clients.ts';
import { contentKey, type ObjectHistory, type Remembered } from '../../domain/known-good.ts';
import type { Target } from '../../domain/target.ts';
import { bestOf } from '../../known-good/changes/best.ts';
import { definition } from '../../docker/definition.ts';
import { dockerEngine } from '../../targets/container/engine.ts';
import { parseContainerKey } from '../../targets/container/key.ts';
import { missingNetworks, networkPin } from '../container-networks.ts';
import { obstacleTo } from '../container-obstacle.ts';
import { holderOf } from '../replace-container.ts';
import { startTimeMs } from '../start-time.ts';

/** What the memory says of a container that is gone. It holds no value of a variable. */
export const lastWay = z.union([
  z.object({ nothing: z.string() }),
  z.object({
    /** Hash of the definition. */
    to: z.string(),
    /** Full id of the one that is gone. */
    gone: z.string(),
    image: z.string(),
    networks: z.array(networkPin),
    withinMs: z.number(),
    /** Both ms since the epoch. */
    healthyAt: z.number(),
    goneAt: z.number(),
    isOfCompose: z.boolean(),
  }),
]);
export type LastWay = z.infer<typeof lastWay>;

/** Reads only. Throws ActionError. `now`: ms since the epoch. */
export async function observeLastWay(target: Target, clients: Clients, now: number): Promise<LastWay> {
  const { engine, name } = parseContainerKey(target.key);
  const docker = dockerEngine(engine, clients);
  const { knownGood } = clients;
  if ((await holderOf(docker, name)) !== undefined) return { nothing: 'it is there' };
  const remembered = await knownGood?.remembered(target.key);
  const history = remembered?.objects.get(target.key);
  if (knownGood === undefined || remembered === undefined || history === undefined)
    return { nothing: 'nothing is remembered of how it was' };
  const { goneAt } = history;
  if (goneAt === undefined) return { nothing: 'that it is gone was not recorded yet' };
  const last = lastGood(remembered, history, { now, blameMs: knownGood.blameMs });
  if (last === undefined) return { nothing: 'it was never seen healthy for long enough' };
  const contents = await knownGood.contents([{ key: target.key, hash: last.hash }]);
  const content = contents.get(contentKey(target.key, last.hash));
  if (content === undefined) return { nothing: 'how it was is not remembered any more' };
  const to = definition.parse(content);
  const missing = missingNetworks(target.key, to, await docker.networks(), last.objects);
  const obstacle = await obstacleTo(to, docker, missing.unknown);
  if (obstacle !== undefined) return { nothing: obstacle };
  if (to.hostConfig['AutoRemove'] === true) return { nothing: 'it removes itself when it ends (AutoRemove)' };
  return {
    to: last.hash,
    gone: history.versions[0]?.uid ?? '',
    image: to.image.reference,
    networks: [...missing.pins],
    withinMs: startTimeMs(to),
    healthyAt: last.seenAt,
    goneAt,
    isOfCompose: to.labels['com.docker.compose.project'] !== undefined,
  };
}

interface Last {
  readonly hash: string;
  readonly seenAt: number;
  readonly objects: Readonly<Record<string, string>>;
}

/** The best known-good that holds it. */
function lastGood(
  remembered: Remembered,
  history: ObjectHistory,
  moment: { readonly now: number; readonly blameMs: number },
): Last | undefined {
  const best = bestOf(remembered, moment);
  const one = 'ok' in best ? remembered.knownGoods[0] : best;
  const hash = one?.objects[history.key];
  return one && hash !== undefined ? { hash, seenAt: one.seenAt, objects: one.objects } : undefined;
}
