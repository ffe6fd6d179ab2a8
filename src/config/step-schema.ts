import { z } from 'zod';
import type { Action } from '../domain/action.ts';
import { pageVerb, type Step } from '../domain/playbook.ts';
import { formatDuration } from '../domain/duration.ts';
import { duration } from './fields.ts';
import { predicate } from './predicate.ts';

/** How long a step may take to help, and how long it has to stay well, when the playbook does not say. */
export const verifyDefaults = { withinMs: 3 * 60_000, stableMs: 30_000 };

export const verifySchema = z
  .strictObject({ within: duration.optional(), stable: duration.optional(), watch: duration.optional() })
  .transform(({ within, stable, watch }, ctx): Step['verify'] => {
    const withinMs = within ?? verifyDefaults.withinMs;
    const stableMs = stable ?? Math.min(verifyDefaults.stableMs, withinMs);
    if (stableMs > withinMs)
      ctx.addIssue(
        `a step that has to be well for ${formatDuration(stableMs)} cannot be done within ${formatDuration(withinMs)}; make "within" longer`,
      );
    return { withinMs, stableMs, ...(watch !== undefined && { watchMs: watch }) };
  });

/** A label's value, as the user's routes know it. */
const page = { verb: pageVerb, params: z.strictObject({ severity: z.string().min(1, 'is empty').optional() }) };

/** The severity that a playbook's page has; undefined: the alert's own. */
export const severityOf = (steps: readonly Step[]): string | undefined =>
  page.params.safeParse(steps.find(({ verb }) => verb === pageVerb)?.params).data?.severity;

/** `{<verb>: {params}, verify?: {…}}`: the verbs and their parameters are whatever the actions say. */
export const stepSchema = (actions: readonly Action[]) =>
  z.record(z.string(), z.unknown()).transform((read, ctx): Step => {
    const options = { error: predicate, reportInput: true } as const;
    const words = `the verbs are ${[...new Set([...actions.map(({ verb }) => verb), pageVerb])].toSorted().join(', ')}`;
    const refuse = (path: readonly string[], message: string): void =>
      ctx.addIssue({ code: 'custom', path: [...path], params: { at: 'key' }, message });

    const [verb, ...more] = Object.keys(read).filter((key) => key !== 'verify');
    if (verb === undefined) refuse([], `a step needs a verb; ${words}`);
    for (const other of more)
      refuse(
        [other],
        `a step has one verb, and this one has "${verb}"; make "${other}" an item of its own, with a dash`,
      );

    // `- restart:` is `- restart: {}`.
    const params = read[verb ?? ''] ?? {};
    const able = [...actions, page].filter((action) => action.verb === verb);
    if (verb !== undefined && able.length === 0) refuse([verb], `unknown verb "${verb}"; ${words}`);
    for (const action of able)
      for (const issue of action.params.safeParse(params, options).error?.issues ?? [])
        ctx.addIssue({ ...issue, path: [action.verb, ...issue.path] });

    const verify = verifySchema.safeParse(read['verify'] === undefined ? {} : read['verify'], options);
    for (const issue of verify.error?.issues ?? []) ctx.addIssue({ ...issue, path: ['verify', ...issue.path] });
    return { verb: verb ?? '', params, verify: verify.data ?? verifyDefaults };
  });
