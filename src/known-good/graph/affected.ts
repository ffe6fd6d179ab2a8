import { isTarget, type Links } from './links.ts';
import { words } from './words.ts';
import { servicesSelecting, workloadsBehind, type World } from './world.ts';

/**
 * Keys of the targets whose graph one object can be the cause of another version of: to be asked of it as it was, while the
 * world still has it, and as it is. `users`: the targets whose last graph holds a key. No scan of the cluster, but for
 * what matters to all of it, webhooks for one, and that changes seldom.
 */
export function affectedBy(world: World, links: Links, users: (key: string) => Iterable<string>): Set<string> {
  const { objects } = world;
  const affected = new Set(users(links.key));
  const add = (keys: Iterable<string>): void => {
    for (const key of keys) affected.add(key);
  };
  const addAll = (word: string): void => add(objects.at(word).map(({ key }) => key));
  if (isTarget(links.kind)) affected.add(links.key);

  if (links.kind === 'service') {
    // Whoever speaks of it: what it says is in no index, because most of it is about no Service at all.
    for (const caller of objects.at(words.callingInto(links.namespace))) {
      if (!caller.mentions.includes(mentionOf(links, caller))) continue;
      if (isTarget(caller.kind)) affected.add(caller.key);
      else add(users(caller.key));
    }
    for (const { key } of workloadsBehind(world, links)) add(users(key));
  } else if (links.podLabels !== undefined) {
    for (const { key } of servicesSelecting(world, links.namespace, links.podLabels)) {
      affected.add(key);
      add(users(key));
    }
  } else if (['resourcequota', 'limitrange', 'networkpolicy'].includes(links.kind)) {
    addAll(words.targetsIn(links.namespace));
  } else if (links.kind === 'namespace') {
    addAll(words.targetsIn(links.name));
  } else if (links.foundBy.includes(words.hooks) || links.foundBy.includes(words.defaultPriority)) {
    addAll(words.targets);
  } else {
    // An autoscaler, an ingress, a binding: under the key of what it is about.
    for (const word of links.foundBy) {
      const about = word.slice(word.indexOf(' ') + 1);
      if (objects.get(about) !== undefined && isTarget(objects.get(about)?.kind ?? '')) affected.add(about);
      add(users(about));
    }
  }
  return affected;
}

/** In its own namespace both ways of naming it are used: `backend`, and `backend.shop`, which is kept as the first. */
const mentionOf = ({ name, namespace }: Links, caller: Links): string =>
  caller.namespace === namespace ? name : `${name}.${namespace}`;
