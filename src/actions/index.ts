import type { Action } from '../domain/action.ts';
import { restartContainer } from './restart/container.ts';
import { startContainer } from './start/container.ts';
import { unpauseContainer } from './unpause/container.ts';

/** Every action there is: a folder for the verb, a file in it for the kind of target. */
export const actions: readonly Action[] = [restartContainer, startContainer, unpauseContainer];
