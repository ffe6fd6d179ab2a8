import { z } from 'zod';
import type { SourceKind } from '../backups/source-kind.ts';
import type { Action } from '../domain/action.ts';
import type { Guardrail } from '../domain/guardrail.ts';
import type { Matcher } from '../domain/matcher.ts';
import { pageVerb, type Playbook } from '../domain/playbook.ts';
import { itemName } from './item-name.ts';
import { parseMatchers } from './matcher.ts';
import { modeSchema } from './mode-schema.ts';
import { predicate } from './predicate.ts';
import { stepSchema } from './step-schema.ts';

/** The words a configuration may use. */
export interface Registries {
  readonly actions: readonly Action[];
  readonly guardrails: readonly Guardrail[];
  readonly sources: readonly SourceKind[];
}

/** One entry of `playbooks`, and the whole of a shipped `playbook.yml`. Without `mode` it may do all that the rest may. */
export const playbookSchema = ({ actions, guardrails }: Registries) =>
  z
    .strictObject({
      name: itemName,
      match: z.preprocess(
        (raw) => (typeof raw === 'string' ? [raw] : raw),
        z.array(matchers).min(1, 'is empty: it would match every alert'),
      ),
      mode: modeSchema.default('act'),
      steps: z
        .array(stepSchema(actions))
        .min(1)
        .superRefine((steps, ctx) => {
          const after = steps.slice(0, -1).findIndex(({ verb }) => verb === pageVerb);
          if (after >= 0)
            ctx.addIssue({
              code: 'custom',
              path: [after],
              message: '"page" comes last: it calls a human when nothing helped',
            });
        }),
      guardrails: guardrailSchema(guardrails).default({}),
      silence: z.boolean().optional(),
    })
    .transform(({ silence, ...read }): Playbook => ({
      ...read,
      match: read.match.flat(),
      ...(silence === true && { silence }),
    }));

const matchers = z
  .string({ error: () => `has to be one text such as 'severity="critical"', in single quotes` })
  .transform((text, ctx): readonly Matcher[] => {
    const parsed = parseMatchers(text);
    if (!('error' in parsed) && parsed.length > 0) return parsed;
    ctx.addIssue(`matcher \`${text}\` ${'error' in parsed ? parsed.error : 'is empty'}`);
    return z.NEVER;
  });

export const guardrailSchema = (guardrails: readonly Guardrail[]) =>
  z.record(z.string(), z.unknown()).superRefine((read, ctx) => {
    for (const [kind, params] of Object.entries(read)) {
      const guardrail = guardrails.find((candidate) => candidate.kind === kind);
      if (guardrail === undefined) {
        const kinds = guardrails.map((candidate) => candidate.kind).toSorted();
        const message = `unknown guardrail "${kind}"; the guardrails are ${kinds.join(', ')}`;
        ctx.addIssue({ code: 'custom', path: [kind], params: { at: 'key' }, message });
        continue;
      }
      const checked = guardrail.params.safeParse(params, { error: predicate, reportInput: true });
      for (const issue of checked.error?.issues ?? []) ctx.addIssue({ ...issue, path: [kind, ...issue.path] });
    }
  });
