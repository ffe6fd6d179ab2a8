import type { Clients } from './clients.ts';
import type { Permission } from './permission.ts';
import type { Mode } from './playbook.ts';
import type { Verdict } from './verdict.ts';

/** The object to act on, confirmed through its platform's API. Plain data: it is stored and printed. */
export interface Target {
  /** `container` */
  readonly kind: string;
  /**
   * Platform, its name, kind, name: `docker/edge-1/container/web`, `kubernetes/prod/shop/deployment/checkout` (with its
   * namespace), `kubernetes/prod/node/worker-1`. The same object has the same key for ever.
   */
  readonly key: string;
  /** The platform's own id of this very instance (Docker id, Kubernetes uid): another one is a replacement. */
  readonly uid?: string;
  /** What the object itself allows, by a label or annotation of its own: it can only narrow. */
  readonly mode?: Mode;
  /** Why `mode` is narrowed, a sentence; absent where the object says so itself. */
  readonly modeReason?: string;
  /** It was not there when it was named, and is remembered: whatever has that name is it, so that there is no `uid`. */
  readonly remembered?: true;
}

/** What the labels name, before the platform was asked. */
export interface Candidate {
  readonly kind: string;
  /** The configured platform it would live on, `edge-1`; undefined when every configured one has to be asked. */
  readonly platform?: string;
  /** What to look for, in the kind's own words: `{name: 'web'}`, `{id: '3f…'}`, `{project: 'shop', service: 'web'}`. */
  readonly by: Readonly<Record<string, string>>;
  /** A phrase for people: `container "web"`. */
  readonly phrase: string;
}

/** The platforms a kind can be on, as configured. */
export interface Platforms {
  readonly docker: readonly { readonly name: string; readonly instances: readonly string[] }[];
  readonly kubernetes: readonly Cluster[];
}

export interface Cluster {
  readonly name: string;
  /** True on at most one: it is meant where the labels name no cluster. With one cluster, that one is. */
  readonly isDefault: boolean;
  /** Namespaces that are never acted in, beside Kubernetes' own. */
  readonly protectedNamespaces: readonly string[];
}

/**
 * One kind of thing: how it is named by labels, found, observed and judged. Only reads.
 * `symptoms` is the source of "well" (none), and of "helped" (fewer than before) where there is no `illness`.
 */
export interface TargetKind<State = unknown> {
  readonly kind: string;
  readonly platform: 'docker' | 'kubernetes';
  /** What its reads need. */
  readonly permissions: readonly Permission[];
  /** Pure: from the shape of the labels, not from the alert's name. Undefined: this kind is not what they name. */
  resolve(labels: Readonly<Record<string, string>>, platforms: Platforms): Candidate | Verdict | undefined;
  /**
   * Asks the platform; climbs owners, so the answer may be of another kind. A verdict is a refusal (absent, ambiguous,
   * protected). Throws ActionError when the platform does not answer.
   */
  confirm(candidate: Candidate, clients: Clients): Promise<Target | Verdict>;
  /** Undefined: the target is gone, or another instance (uid) has taken its name. */
  observe(target: Target, clients: Clients, signal?: AbortSignal): Promise<State | undefined>;
  /** Pure. One phrase for each thing that is wrong with it now; none: it is well. */
  symptoms(state: State): readonly string[];
  /** Pure. The symptoms that do not pass by themselves, where others do (a start, a roll-out); absent: all of them. */
  illness?(state: State): readonly string[];
  /** Pure. Differs when it died and came back between two looks. */
  instance(state: State): string;
  /** Pure. How long the instance that died last had lived, ms; undefined when none is known to have died. */
  lastLifetimeMs(state: State): number | undefined;
  /** Pure. What the object itself allows now; absent: everything. An emergency stop is heard before every step. */
  mode?(state: State): Mode | undefined;
  /**
   * Pure. A number that grows while something is under way that gets on and is not ill (a roll-out); 0: nothing is.
   * What gets on has not failed to help.
   */
  progress?(state: State): number;
  /** Pure. How many replicas it is to have, and how many of them serve now; absent: it has no such number. */
  capacity?(state: State): { readonly desired: number; readonly ready: number };
  /** Pure. True when the state tells of a death or a start within `windowMs` before `now`: well now, but maybe flapping. */
  unsettled(state: State, now: number, windowMs: number): boolean;
  /** False: its trouble does not show on the object, and "well" needs the alert gone from Prometheus too. */
  readonly showsOnObject: boolean;
}

export const isTarget = (answer: Target | Candidate | Verdict): answer is Target => 'key' in answer;
