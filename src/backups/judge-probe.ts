import type { CommandEnd } from '../domain/docker-streams.ts';
import type { Probe } from '../domain/probe.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import { endOf } from './end-of.ts';

/** Of an answer, in a sentence. */
const shown = 120;

/** Whether what was brought back answers a probe as it should. */
export function judgeProbe({ ask, atLeast, matches }: Probe, { exitCode, stdout, stderr }: CommandEnd): Verdict {
  const asked = 'query' in ask ? `"${short(ask.query)}"` : ask.command[0];
  if (exitCode !== 0) return no(`the probe ${asked} ended ${endOf(exitCode, stderr)}`);
  const said = stdout.trim();
  if (atLeast !== undefined) {
    const [first = ''] = said.split(/\s+/);
    const number = Number(first);
    if (first === '' || !Number.isFinite(number))
      return no(`the probe ${asked} has to say a number, and said "${short(said)}"`);
    if (number < atLeast) return no(`the probe ${asked} said ${number}, and at least ${atLeast} are expected`);
  }
  if (matches !== undefined && !new RegExp(matches).test(said))
    return no(`the probe ${asked} said "${short(said)}", which does not match ${matches}`);
  return yes(`the probe ${asked} said ${said === '' ? 'nothing, and ended well' : `"${short(said)}"`}`);
}

const short = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > shown ? `${line.slice(0, shown)}…` : line;
};
