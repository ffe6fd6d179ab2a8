// What `npm run new` writes: code that compiles and does nothing, a test that says so, a paragraph to fill in.

/** `restart`, `container` → `restartContainer` */
export const camel = (...words) =>
  words
    .join('-')
    .split('-')
    .map((word, index) => (index === 0 ? word : word[0].toUpperCase() + word.slice(1)))
    .join('');

const action = (verb, kind) => ({
  registry: 'src/actions/index.ts',
  name: camel(verb, kind),
  from: `./${verb}/${kind}.ts`,
  files: {
    [`src/actions/${verb}/${kind}.ts`]: `import { z } from 'zod';
import { defineAction } from '../../domain/action.ts';
import { no } from '../../domain/verdict.ts';

const params = z.strictObject({}).nullish();
type Params = z.infer<typeof params>;

/** Every value that \`apply\` will write, and what it needs to find the target again. */
const change = z.strictObject({ id: z.string() });
type Change = z.infer<typeof change>;

/** Say what it does to a ${kind}, and when it must not. */
export const ${camel(verb, kind)} = defineAction<Params, unknown, Change>({
  verb: '${verb}',
  on: '${kind}',
  role: 'fix',
  risk: 'high',
  permissions: [],
  params,
  change,
  plan: ({ target }) => no(\`${verb} on \${target.key}: it is not written yet\`),
  apply: () => Promise.reject(new Error('${verb}/${kind} is not written yet')),
  settled: () => Promise.resolve('unknown'),
  verify: () => no('${verb}/${kind} is not written yet'),
});
`,
    [`src/actions/${verb}/${kind}.test.ts`]: `import { expect, it } from 'vitest';
import { ${camel(verb, kind)} } from './${kind}.ts';

it('plans nothing for a ${kind} while it is not written', () => {
  const target = { kind: '${kind}', key: 'platform/name/${kind}/web' };
  const input = { target, state: undefined, extra: undefined, params: undefined, labels: {}, now: 0 };
  const plans = ${camel(verb, kind)}.plan(input);
  expect(plans).toMatchObject({ ok: false, reason: '${verb} on platform/name/${kind}/web: it is not written yet' });
});
`,
  },
  readme: [
    `src/actions/${verb}/README.md`,
    `# ${verb}`,
    `## On a ${kind}

What it does, when it helps, what it never does; its parameters; what it needs to be allowed to do.
`,
  ],
});

const target = (kind) => ({
  registry: 'src/targets/index.ts',
  name: camel(kind),
  from: `./${kind}/${kind}.ts`,
  files: {
    [`src/targets/${kind}/${kind}.ts`]: `import type { TargetKind } from '../../domain/target.ts';
import { no } from '../../domain/verdict.ts';

/** All that the platform tells of it and \`symptoms\` needs. */
export interface State {
  readonly isWell: boolean;
  /** ms since the epoch */
  readonly startedAt: number;
}

/** Say what it is, and when it is well. */
export const ${camel(kind)}: TargetKind<State> = {
  kind: '${kind}',
  platform: 'docker',
  permissions: [],
  resolve: () => undefined,
  confirm: (candidate) => Promise.resolve(no(\`\${candidate.phrase} can not be confirmed: it is not written yet\`)),
  observe: () => Promise.resolve(undefined),
  symptoms: ({ isWell }) => (isWell ? [] : ['not well']),
  instance: ({ startedAt }) => String(startedAt),
  lastLifetimeMs: () => undefined,
  unsettled: () => false,
  showsOnObject: true,
};
`,
    [`src/targets/${kind}/${kind}.test.ts`]: `import { expect, it } from 'vitest';
import { ${camel(kind)} } from './${kind}.ts';

it('has no symptom while it is well', () => {
  expect(${camel(kind)}.symptoms({ isWell: true, startedAt: 0 })).toEqual([]);
  expect(${camel(kind)}.symptoms({ isWell: false, startedAt: 0 })).toEqual(['not well']);
});

it('is named by no label while that is not written', () => {
  expect(${camel(kind)}.resolve({ ${camel(kind)}: 'web' }, { docker: [], kubernetes: [] })).toBeUndefined();
});
`,
  },
  readme: [
    `src/targets/${kind}/README.md`,
    `# ${kind}`,
    `Which labels name it, how it is confirmed, when it is well, what is refused.
`,
  ],
});

const guardrail = (kind) => ({
  registry: 'src/guardrails/index.ts',
  name: camel(kind),
  from: `./${kind}/${kind}.ts`,
  files: {
    [`src/guardrails/${kind}/${kind}.ts`]: `import { z } from 'zod';
import { defineGuardrail } from '../../domain/guardrail.ts';
import { no } from '../../domain/verdict.ts';

/** Has to accept undefined: a playbook that does not name it runs it with its defaults. */
const params = z.strictObject({}).nullish();

/** Say what it prevents. */
export const ${camel(kind)} = defineGuardrail({
  kind: '${kind}',
  params,
  check: ({ target }) => Promise.resolve(no(\`${kind} holds \${target.key}: it is not written yet\`)),
});
`,
    [`src/guardrails/${kind}/${kind}.test.ts`]: `import { expect, it } from 'vitest';
import { ${camel(kind)} } from './${kind}.ts';

it('runs with its defaults when a playbook does not name it', () => {
  expect(${camel(kind)}.params.safeParse(undefined).success).toBe(true);
});
`,
  },
  readme: [
    `src/guardrails/${kind}/README.md`,
    `# ${kind}`,
    `What it prevents, its parameters with their defaults, the sentence it gives.
`,
  ],
});

/** Kind of extension → how many names it takes, and its skeleton. */
export const skeletons = {
  action: { words: ['NAME', 'KIND'], make: action },
  target: { words: ['NAME'], make: target },
  guardrail: { words: ['NAME'], make: guardrail },
};
