import { z } from 'zod';
import type { Clients, DockerClient } from '../../domain/clients.ts';
import {
  contentKey,
  type KnownGood,
  type Recall,
  type Remembered,
  type ObjectHistory,
} from '../../domain/known-good.ts';
import { kindOf, objectName } from '../../domain/object-key.ts';
import type { Target } from '../../domain/target.ts';
import { no, type Verdict } from '../../domain/verdict.ts';
import { bestOf } from '../../known-good/changes/best.ts';
import { clockTime } from '../../known-good/changes/clock-time.ts';
import { type Moment, unlike } from '../../known-good/changes/unlike.ts';
import { fightOver } from '../../known-good/changes/reverted.ts';
import { type CurrentDefinition, currentDefinition } from '../../known-good/docker/current-definition.ts';
import { instantOf } from '../../known-good/docker/instant.ts';
import { definition } from '../../docker/definition.ts';
import { predecessors } from '../../domain/recreated-from.ts';
import { elsewhere } from '../../docker/watched.ts';
import { written, writtenBy } from '../../docker/written.ts';
import { dockerEngine } from '../../targets/container/engine.ts';
import { parseContainerKey } from '../../targets/container/key.ts';
import { dependentsOf } from '../container-dependents.ts';
import { differencesOf, hashesBack, wayTo } from '../container-ways.ts';
import { missingNetworks, networkPin, staleNetworks } from '../container-networks.ts';
import { obstacleTo } from '../container-obstacle.ts';
import { holderOf } from '../replace-container.ts';
import { stoppedByHand } from '../stopped-by-hand.ts';
import { startTimeMs } from '../start-time.ts';

const way = z.object({
  /** Hash of the definition to go back to. */
  to: z.string(),
  /** The best known-good itself, or a version between it and now. */
  isGood: z.boolean(),
  differs: z.array(z.string()),
  /** References, where the image differs. */
  image: z.object({ from: z.string(), to: z.string() }).optional(),
  way: z.enum(['connect', 'update', 'recreate']),
  networks: z.array(networkPin),
  withinMs: z.number(),
  /** Why it can not be gone, a clause; absent: it can. */
  obstacle: z.string().optional(),
});
export type WayBack = z.infer<typeof way>;

/** What the engine and the memory say of how a container can be put back. It holds no value of a variable. */
export const ways = z.union([
  z.object({ nothing: z.string(), retryAfterMs: z.number().optional() }),
  z.object({
    id: z.string(),
    from: z.string(),
    /** When it was seen healthy last, ms since the epoch. */
    healthyAt: z.number(),
    stoppedAt: z.string().optional(),
    /** Whoever else makes it anew: a sentence's end. */
    owner: z.string().optional(),
    autoRemove: z.boolean(),
    isOfCompose: z.boolean(),
    dependents: z.array(z.string()),
    /** What a new one would not have; absent: nothing. */
    written: written.optional(),
    /** It was made within the blame window, and never in health: all of that came with what is put back. */
    neverWell: z.boolean().optional(),
    ways: z.array(way),
  }),
]);
export type Ways = z.infer<typeof ways>;

/** How soon the watch has seen what is there now, ms. */
const recordedMs = 5_000;

/** Reads only. Throws ActionError. `now`: ms since the epoch. */
export async function observeWaysBack(target: Target, clients: Clients, now: number): Promise<Ways> {
  const nothing = (reason: string, retryAfterMs?: number): Ways => ({
    nothing: reason,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
  const { engine, name } = parseContainerKey(target.key);
  const docker = dockerEngine(engine, clients);
  const recall = clients.knownGood;
  if (recall === undefined) return nothing('nothing is remembered of how it was');
  const holder = await holderOf(docker, name);
  const isIt =
    target.uid === undefined || holder?.id === target.uid || predecessors(holder?.labels ?? {}).includes(target.uid);
  const current = holder && isIt ? await currentDefinition(docker, holder.id) : undefined;
  if (holder === undefined || current === undefined) return nothing('it is gone, or another one has its name');
  const remembered = await recall.remembered(target.key);
  const history = remembered?.objects.get(target.key);
  if (remembered === undefined || history === undefined) return nothing('nothing is remembered of how it was');
  if (history.versions[0]?.hash !== current.hash) return nothing('how it is now was not recorded yet', recordedMs);
  const best = bestOf(remembered, { now, blameMs: recall.blameMs });
  if (isVerdict(best)) return nothing(best.reason);
  const good = best.objects[target.key];
  if (good === undefined) return nothing('its known-good version is not remembered');
  const fight = fightOver(history, good, now);
  if (fight !== undefined)
    return nothing(`it was put back ${fight.times} times already, and changed again each time by somebody else`);
  const all = await waysTo({ target, docker, recall, remembered, best, good, current });
  if (all.length === 0)
    return nothing(
      `it is made as it was when it was healthy, and so are its networks${ofFiles(remembered, best, { now, blameMs: recall.blameMs })}`,
    );
  const stoppedAt = await stoppedByHand(docker, holder);
  const owner = elsewhere(current.container.Config.Labels ?? {});
  const anew = all.some((one) => one.way === 'recreate');
  const wrote = anew ? await writtenBy(docker, holder.id) : undefined;
  const { knownGoods } = remembered;
  const isYoung = neverWell(history, { key: target.key, knownGoods }, current, now - recall.blameMs);
  return {
    id: holder.id,
    from: current.hash,
    healthyAt: best.seenAt,
    ...(stoppedAt !== undefined && { stoppedAt }),
    ...(owner !== undefined && { owner }),
    autoRemove: current.container.HostConfig['AutoRemove'] === true,
    isOfCompose: holder.labels['com.docker.compose.project'] !== undefined,
    dependents: anew ? [...(await dependentsOf(docker, holder.id, name))] : [],
    ...(wrote !== undefined && { written: wrote, neverWell: isYoung }),
    ways: all,
  };
}

/**
 * Whether that very container was made since then, ms since the epoch, and was never in health: what it has written came with
 * what is put back.
 */
function neverWell(
  { versions }: ObjectHistory,
  { key, knownGoods }: { readonly key: string; readonly knownGoods: readonly KnownGood[] },
  { container }: CurrentDefinition,
  since: number,
): boolean {
  const its = new Set(versions.filter(({ uid }) => uid === container.Id).map(({ hash }) => hash));
  const wasWell = knownGoods.some(({ objects }) => its.has(objects[key] ?? ''));
  return its.size > 0 && !wasWell && (instantOf(container.Created) ?? 0) > since;
}

/** The files of the host in it that somebody changed, for the end of a sentence. */
function ofFiles(remembered: Remembered, best: KnownGood, moment: Moment): string {
  const files = unlike(remembered, best, moment).filter(({ history }) => kindOf(history.key) === 'file');
  if (files.length === 0) return '';
  const told = files.map(({ history, is }) => {
    const since = clockTime(is?.at ?? history.goneAt ?? moment.now, moment.now);
    return `${objectName(history.key)} ${is === undefined ? 'is gone' : 'was changed'} at ${since}`;
  });
  return `, but ${told.join(', ')}: what is in a file of the host is for a human to put back`;
}

const isVerdict = (answer: KnownGood | Verdict): answer is Verdict => 'ok' in answer;

interface Asked {
  readonly target: Target;
  readonly docker: DockerClient;
  readonly recall: Recall;
  readonly remembered: Remembered;
  readonly best: KnownGood;
  readonly good: string;
  readonly current: CurrentDefinition;
}

async function waysTo({ target, docker, recall, remembered, best, good, current }: Asked): Promise<WayBack[]> {
  const versions = remembered.objects.get(target.key)?.versions ?? [];
  const networks = await docker.networks();
  const isStale = staleNetworks(current.container, networks).length > 0;
  const hashes = hashesBack(versions, good);
  // Made as it was, but what it is connected to is gone.
  const wanted = hashes.length === 0 && isStale ? [good] : hashes;
  const contents = await recall.contents(wanted.map((hash) => ({ key: target.key, hash })));
  const found: WayBack[] = [];
  for (const hash of wanted) {
    const content = contents.get(contentKey(target.key, hash));
    if (content === undefined) continue;
    const to = definition.parse(content);
    const missing = missingNetworks(target.key, to, networks, best.objects);
    const obstacle = await obstacleTo(to, docker, missing.unknown);
    const from = current.definition;
    found.push({
      to: hash,
      isGood: hash === good,
      differs: [...differencesOf(from, to)],
      ...(from.image.reference !== to.image.reference && {
        image: { from: from.image.reference, to: to.image.reference },
      }),
      way: isStale ? 'recreate' : wayTo(from, to),
      networks: [...missing.pins],
      withinMs: startTimeMs(to),
      ...(obstacle !== undefined && { obstacle }),
    });
  }
  return found;
}

/** Why nothing is to be done, for a sentence that names the container before. */
export const refused = (name: string, because: string, retryAfterMs?: number): Verdict =>
  no(`container ${name} is not rolled back: ${because}`, retryAfterMs);
