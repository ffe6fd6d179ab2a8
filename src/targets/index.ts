import type { TargetKind } from '../domain/target.ts';
import { container } from './container/container.ts';

/** Every kind of target there is: one folder each. `resolve` is asked in this order. */
export const targets: readonly TargetKind[] = [container];
