/**
 * The Redis of `redis.url`, and where one of our platforms may be what runs it. It is never acted on: while it is away,
 * nothing is decided, and what was begun is not gone on with.
 */
export interface OwnRedis {
  /** As the URL has it, in lower case: `redis.paramedic.svc`, `10.0.0.7`, `fd00::7`. */
  readonly host: string;
  readonly port: number;
  /** The Docker engines that may run it: by a name or an address of the container, by a port that their machine publishes. */
  readonly engines: readonly { readonly name: string; readonly byName: boolean; readonly byPort: boolean }[];
  /** The clusters that `host` may be a name or an address in: those that we may run in. None outside of a cluster. */
  readonly clusters: readonly string[];
  /** Of our own pod: a name without one is in it. Empty outside of a cluster. */
  readonly namespace: string;
}

/** Why it is never acted on, wherever it runs. */
export const runsOwnRedis = "Paramedic's own Redis runs in it (redis.url)";
