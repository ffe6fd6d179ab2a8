import type { Recorder } from '../recorder.ts';

/**
 * Tells nothing before the picture of the namespaces: what is remembered of one that was deleted while nobody watched is
 * forgotten before anything of the next one of its name is told. `open`: there will be no such picture. An interruption is told at once.
 */
export function namespacesFirst(recorder: Recorder): Recorder & { open(): void } {
  let waiting: (() => void)[] | undefined = [];
  const tell = (what: () => void): void => {
    if (waiting === undefined) what();
    else waiting.push(what);
  };
  const open = (): void => {
    const all = waiting ?? [];
    waiting = undefined;
    for (const what of all) what();
  };
  return {
    open,
    only: (kinds) => recorder.only(kinds),
    replaced(kind, all) {
      if (kind !== 'namespace') return tell(() => recorder.replaced(kind, all));
      recorder.replaced(kind, all);
      open();
    },
    seen: (object) => tell(() => recorder.seen(object)),
    gone: (key, at) => tell(() => recorder.gone(key, at)),
    graph: (target, graph) => tell(() => recorder.graph(target, graph)),
    health: (target, wellSince) => tell(() => recorder.health(target, wellSince)),
    forget: (prefix) => tell(() => recorder.forget(prefix)),
    current: () => tell(() => recorder.current()),
    interrupted: (why) => recorder.interrupted(why),
  };
}
