import type { Decision } from './decision.ts';
import type { Reason } from './errors.ts';
import type { Outcome } from './recovery.ts';
import type { Plan } from './plan.ts';
import type { Verdict } from './verdict.ts';

/** What happened on the road. Told once; a log line, a metric and the demo read it. */
export type FlowEvent =
  | { readonly event: 'decided'; readonly decision: Decision; readonly opened: boolean }
  | { readonly event: 'postponed'; readonly alertname: string; readonly reason: string }
  | ({ readonly event: 'begun'; readonly resumed: boolean } & About)
  | ({ readonly event: 'planned'; readonly plan: Plan } & About)
  | ({ readonly event: 'passed-over'; readonly verdict: Verdict } & About)
  | ({ readonly event: 'guardrail'; readonly guardrail: string; readonly verdict: Verdict } & About)
  | ({ readonly event: 'applying'; readonly plan: Plan } & About)
  | ({ readonly event: 'applied'; readonly tookMs: number } & About)
  | ({ readonly event: 'verified'; readonly verdict: Verdict; readonly tookMs: number } & About)
  /** The outside world failed us, or we ourselves (`internal`). `again`: it is tried once more, by itself. */
  | ({
      readonly event: 'trouble';
      readonly reason: Reason | 'internal';
      readonly message: string;
      readonly again: boolean;
    } & About)
  | ({ readonly event: 'undone'; readonly plan: Plan } & About)
  | ({ readonly event: 'ended'; readonly outcome: Outcome; readonly sinceStartsAtMs: number } & About)
  /** So many pages were sent to Alertmanager; `errors`: one sentence for each peer that they did not reach. */
  | { readonly event: 'pages-sent'; readonly pages: number; readonly errors: readonly string[] }
  /** A human has to look. */
  | ({ readonly event: 'page'; readonly reason: string } & About);

export interface About {
  readonly recovery: string;
  readonly attempt: number;
  readonly target: string;
  readonly playbook: string;
  /** `restart/container`; empty before the first step. */
  readonly action: string;
}

export type Report = (event: FlowEvent) => void;
