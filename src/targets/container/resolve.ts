import type { Candidate, Platforms } from '../../domain/target.ts';
import { no, type Verdict } from '../../domain/verdict.ts';
import { namedIn, type Labels, type Named } from './labels.ts';
import { quoted } from '../../domain/quoted.ts';

const fullId = /^[0-9a-f]{64}$/;
/** What each value has to look like before it gets anywhere near an engine, and what to call it. */
const grammar = {
  name: { words: 'container name', pattern: /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/ },
  id: { words: 'container id', pattern: fullId },
  project: { words: 'compose project', pattern: /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}$/ },
  service: { words: 'compose service', pattern: /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/ },
  number: { words: 'compose container number', pattern: /^[1-9]\d{0,5}$/ },
} as const;
type Part = keyof typeof grammar;

/** Which container the labels name, from their shape alone. Undefined: none of ours, or no engine is configured. */
export function resolve(labels: Labels, platforms: Platforms): Candidate | Verdict | undefined {
  const named = namedIn(labels);
  if (named === undefined || platforms.docker.length === 0) return undefined;
  const by = identity(named);
  if (by === undefined) return undefined;
  for (const [part, value] of entries(by)) {
    const { words, pattern } = grammar[part];
    if (!pattern.test(value)) return no(`the labels name a container by ${quoted(value)}, which is no ${words}`);
  }
  if (by.project === undefined && by.service !== undefined) {
    return no(`the labels name the compose service ${quoted(by.service)} but not its project`);
  }
  const platform = engineOf(labels, platforms);
  if (typeof platform === 'object') return platform;
  const candidate = { kind: 'container', by: Object.fromEntries(entries(by)), phrase: phrase(by) };
  return platform === undefined ? candidate : { ...candidate, platform };
}

/** The one way it is looked for: the name (newer cAdvisors put the id there), else compose's words, else the id. */
function identity({ name, id, project, service, number }: Named): Named | undefined {
  if (name !== undefined) return fullId.test(name) ? { id: name } : { name };
  if (service !== undefined) {
    return {
      service,
      ...(project === undefined ? {} : { project }),
      ...(number === undefined ? {} : { number }),
    };
  }
  return id === undefined ? undefined : { id };
}

const entries = (by: Named): readonly (readonly [Part, string])[] =>
  (['name', 'id', 'project', 'service', 'number'] as const).flatMap((part) => {
    const value = by[part];
    return value === undefined ? [] : [[part, value] as const];
  });

function phrase({ name, id, project, service, number }: Named): string {
  if (name !== undefined) return `container "${name}"`;
  if (id !== undefined) return `container with id ${id.slice(0, 12)}`;
  return `container ${number === undefined ? '' : `${number} `}of compose service "${service}" in project "${project}"`;
}

/** Undefined: every engine has to be asked. */
function engineOf(labels: Labels, { docker }: Platforms): string | Verdict | undefined {
  const { engine, instance } = labels;
  if (engine !== undefined && engine !== '') {
    if (docker.some(({ name }) => name === engine)) return engine;
    const names = docker.map(({ name }) => name).join(', ');
    return no(`the labels name the docker engine ${quoted(engine)}, which is not configured; there is: ${names}`);
  }
  const ofInstance = docker.filter(({ instances }) => instance !== undefined && instances.includes(instance));
  const [only, ...others] = ofInstance.length > 0 ? ofInstance : docker;
  return others.length === 0 ? only?.name : undefined;
}
