import { actions } from '../actions/index.ts';
import { sources } from '../backups/sources/index.ts';
import { guardrails } from '../guardrails/index.ts';
import type { Registries } from './playbook-schema.ts';

/** All that this version can do. */
export const registries: Registries = { actions, guardrails, sources };
