import type { BackupRepository } from '../domain/backup.ts';
import type { BackupSource } from '../domain/backup-source.ts';
import type { OtherKind } from '../domain/known-good.ts';
import type { Mode, Playbook } from '../domain/playbook.ts';

/** A secret that never prints: `String(secret)`, JSON and logs show `<secret>`. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return '<secret>';
  }
  toJSON(): string {
    return '<secret>';
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '<secret>';
  }
}

export interface BasicAuth {
  readonly username: string;
  readonly password: Secret;
}

export interface DockerConfig {
  /** The engine's name in target keys: `docker/edge-1/…`. */
  readonly name: string;
  /** Path of a unix socket, or a `tcp://host:port` URL. */
  readonly host: string;
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: Secret };
  /** Values of the label `instance` that mean this engine. */
  readonly instances: readonly string[];
}

export interface KubernetesConfig {
  /** The cluster's name in target keys, `kubernetes/prod/…`, and in the label `cluster`. */
  readonly name: string;
  /** The one that an alert without the label `cluster` means. At most one is. */
  readonly isDefault: boolean;
  readonly protectedNamespaces: readonly string[];
  /** Its network heeds NetworkPolicies; absent: nobody has said so. */
  readonly enforcesPolicies?: boolean;
  /**
   * Path of a kubeconfig (or of several, as in KUBECONFIG), and a context in it, else its current one; without the path
   * the service account of our own pod.
   */
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** The whole configuration, checked. Frozen; a reload makes another one. */
export interface Config {
  readonly mode: Mode;
  readonly listen: { readonly host: string; readonly port: number };
  /** How people's browsers reach us; absent: by the name of this machine, and the port that we listen on. */
  readonly externalUrl?: string;
  readonly dataDir: string;
  /** Absent: our own redis-server under `dataDir`. */
  readonly redis?: { readonly url: Secret };
  readonly webhook: {
    /** Absent with `insecureNoAuth: false`: a token is made at first start. */
    readonly bearer?: Secret;
    readonly basic?: BasicAuth;
    readonly insecureNoAuth: boolean;
  };
  /** The queue UI's own login. Absent: user `paramedic`, a password is made at first start. */
  readonly ui: { readonly basic?: BasicAuth };
  readonly alertmanager?: {
    readonly urls: readonly string[];
    readonly receiver: string;
    readonly basic?: BasicAuth;
    readonly bearer?: Secret;
  };
  readonly prometheus?: { readonly url: string; readonly basic?: BasicAuth; readonly bearer?: Secret };
  readonly docker: readonly DockerConfig[];
  readonly kubernetes: readonly KubernetesConfig[];
  readonly playbooks: readonly Playbook[];
  /** Guardrail kind → its parameters, for playbooks that say nothing of it. */
  readonly guardrails: Readonly<Record<string, unknown>>;
  /** How old an alert may be and still start something; how long an ended recovery answers older alerts. ms. */
  readonly freshnessMs: number;
  /** How long a human may take to approve a plan, ms. */
  readonly approvalMs: number;
  /** Absent: nothing is remembered. Both ms. */
  readonly knownGood?: {
    /** For how long something has to be healthy to be known-good. */
    readonly afterMs: number;
    /** For how long a change is a suspect, and a known-good unproven. */
    readonly blameMs: number;
    /** Whether it is noted when files of the host that are mounted into containers change. */
    readonly bindMountedFiles: boolean;
    /** Kinds of Kubernetes objects that are remembered beside those that always are. */
    readonly kinds: readonly OtherKind[];
    /** Absent: nothing is remembered of Secrets. `hash`: whether they changed. `restore`: sealed with the key, to be put back. */
    readonly secrets?: { readonly keep: 'hash' | 'restore'; readonly key: Secret };
  };
  /** Absent: nothing is backed up. Each source's repository is one of these. */
  readonly backups?: { readonly repositories: readonly BackupRepository[]; readonly sources: readonly BackupSource[] };
  /** Absolute paths of all that it was read from; absent: there is no file. What a kubeconfig names is not among them. */
  readonly files?: readonly string[];
  /** Of all that a decision depends on: mode and playbooks. */
  readonly hash: string;
}
