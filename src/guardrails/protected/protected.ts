import { z } from 'zod';
import { defineGuardrail } from '../../domain/guardrail.ts';
import { no, yes } from '../../domain/verdict.ts';

const pattern = z
  .string()
  .regex(
    /^(kubernetes|docker)(\/[A-Za-z0-9_.*-]+)+$/,
    'is no pattern of target keys such as kubernetes/prod/payments/*/* or docker/*/container/db-*',
  );

/** `*` stands for anything but a slash; a pattern that ends early stands for all below it. */
const covers = (text: string, key: string): boolean => {
  const parts = key.split('/');
  const wanted = text.split('/');
  return wanted.length <= parts.length && wanted.every((part, index) => like(part, parts[index] ?? ''));
};
const like = (glob: string, text: string): boolean =>
  new RegExp(
    `^${glob
      .split('*')
      .map((piece) => piece.replaceAll(/[.]/g, '\\.'))
      .join('.*')}$`,
  ).test(text);

/** Targets that nobody but a human acts on, by their keys. */
export const protectedTargets = defineGuardrail<readonly string[]>({
  kind: 'protected',
  overridable: false,
  params: z.array(pattern).default([]),
  async check({ params: patterns, plan }) {
    for (const key of plan.touches) {
      const found = patterns.find((text) => covers(text, key));
      if (found !== undefined) return no(`${key} is protected by the configuration (guardrails.protected: ${found})`);
    }
    return yes(
      patterns.length === 0 ? 'nothing is protected by the configuration' : 'nothing that it touches is protected',
    );
  },
});
