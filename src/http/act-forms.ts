import { html, type Html } from './html.ts';
import type { ShownRecovery } from './shown-recovery.ts';
import { type Act, actsOn } from './standing.ts';

interface Button {
  readonly label: string;
  readonly look: '' | 'go' | 'stop';
  /** True: a reason can be given. */
  readonly why: boolean;
  readonly hint?: string;
}

const BUTTONS: Readonly<Record<Act, Button>> = {
  approve: {
    label: 'Approve',
    look: 'go',
    why: false,
    hint: 'It is planned once more; only this very plan is carried out.',
  },
  reject: { label: 'Reject', look: 'stop', why: true },
  cancel: {
    label: 'Cancel',
    look: '',
    why: true,
    hint: 'What it is just doing ends by itself; nothing more is begun, and what was done stays.',
  },
  retry: { label: 'Retry', look: '', why: false, hint: 'The next attempt, from the start, with every guardrail.' },
  ack: {
    label: 'Acknowledge',
    look: '',
    why: false,
    hint: 'Nobody is called about it any more; a used up budget is free again.',
  },
};

/** The buttons that apply as it stands. `path`: the recovery's id as the page's own address ends with it. */
export function actForms(recovery: ShownRecovery, path: string, now: number): Html {
  const asked = recovery.question?.at;
  return html`${actsOn(recovery, now).map((act) => {
    const { label, look, why, hint } = BUTTONS[act];
    const answers = asked !== undefined && (act === 'approve' || act === 'reject');
    return html`<form method="post" action="${path}/${act}">
      ${answers && html`<input type="hidden" name="asked" value="${asked}" />`}<button class="${look}">${label}</button>
      ${why && html`<input name="reason" maxlength="500" autocomplete="off" placeholder="reason (optional)" aria-label="Reason to ${act}, optional" />`}
      ${hint !== undefined && html`<span class="soft small">${hint}</span>`}
    </form>`;
  })}`;
}
