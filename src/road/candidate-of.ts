import { closedBecause } from '../kubernetes/closed-namespace.ts';
import type { Candidate, Platforms, TargetKind } from '../domain/target.ts';
import { no, type Verdict } from '../domain/verdict.ts';

const shape = /^(docker|kubernetes)\/([^/]+)\/(?:([^/]+)\/)?([a-z]+)\/([a-zA-Z0-9][\w.-]*)$/;
const forms =
  'docker/ENGINE/container/NAME, kubernetes/CLUSTER/NAMESPACE/deployment/NAME or kubernetes/CLUSTER/node/NAME';
/** They are in no namespace. */
const isWide = (kind: Pick<TargetKind, 'kind' | 'platform'>): boolean =>
  kind.platform === 'docker' || kind.kind === 'node';

/** What a target's key names, as its kind's `confirm` takes it, or a sentence on why it is none. */
export function candidateOf(
  key: string,
  kinds: readonly Pick<TargetKind, 'kind' | 'platform'>[],
  platforms: Platforms,
): Candidate | Verdict {
  const [, platform, at = '', namespace, kindName, name = ''] = shape.exec(key) ?? [];
  const kind = kinds.find((one) => one.kind === kindName && one.platform === platform);
  if (kind === undefined || isWide(kind) !== (namespace === undefined))
    return no(`${JSON.stringify(key)} is no target; what is looks like ${forms}`);
  const all = kind.platform === 'docker' ? platforms.docker : platforms.kubernetes;
  if (!all.some((one) => one.name === at)) {
    const names = all.map((one) => one.name).join(', ') || 'none';
    return no(`there is no ${platform} ${at}; those that are configured are ${names}`);
  }
  const cluster = kind.platform === 'kubernetes' ? platforms.kubernetes.find((one) => one.name === at) : undefined;
  const closed = cluster && closedBecause(namespace ?? '', cluster);
  if (closed !== undefined) return no(`${key} is never acted on: ${closed}`);
  const where = namespace === undefined ? '' : `${namespace}/`;
  return {
    kind: kind.kind,
    platform: at,
    by: { name, ...(namespace !== undefined && { namespace }) },
    phrase: `${kind.kind} "${where}${name}"`,
  };
}
