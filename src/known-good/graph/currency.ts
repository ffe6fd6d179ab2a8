import type { Clock } from '../../domain/clock.ts';
import type { Recorder } from '../recorder.ts';

/** Whether what is told of a platform is current: when all of its parts are heard of. */
export interface Currency {
  /** There is a picture of the part, and we hear of its changes. */
  heard(part: string): void;
  /** We do not, for now: `why` is a sentence. It is told when that lasts. */
  lost(part: string, why: string): void;
  /** The part is none of ours, and is not waited for. */
  leftOut(part: string, why: string): void;
  /** There has been a picture of each of these parts that is not left out. */
  readonly isPictured: (parts: readonly string[]) => boolean;
  readonly hasPicture: (part: string) => boolean;
}

interface Part {
  readonly state: 'awaited' | 'heard' | 'lost' | 'left out';
  readonly why: string;
}

/** A loss of less than `patienceMs` is none: what happened meanwhile is told when it is over. */
export function createCurrency(
  parts: readonly string[],
  recorder: Pick<Recorder, 'current' | 'interrupted'>,
  patienceMs: number,
  clock: Clock,
  signal: AbortSignal,
): Currency {
  const states = new Map<string, Part>(parts.map((part) => [part, { state: 'awaited', why: '' }]));
  const pictured = new Set<string>();
  let told: 'nothing' | 'current' | 'interrupted' = 'nothing';

  function interrupt(why: string): void {
    if (told === 'interrupted' || signal.aborted) return;
    told = 'interrupted';
    recorder.interrupted(why);
  }
  function judge(): void {
    const all = [...states.values()];
    const isCurrent = all.every(({ state }) => state === 'heard' || state === 'left out');
    if (!isCurrent || told === 'current' || signal.aborted) return;
    told = 'current';
    recorder.current();
  }
  return {
    heard(part) {
      states.set(part, { state: 'heard', why: '' });
      pictured.add(part);
      judge();
    },
    lost(part, why) {
      if (states.get(part)?.state === 'lost') return;
      const loss: Part = { state: 'lost', why };
      states.set(part, loss);
      void clock.sleep(patienceMs, signal).then(
        () => (states.get(part) === loss ? interrupt(why) : undefined),
        () => undefined,
      );
    },
    leftOut(part, why) {
      states.set(part, { state: 'left out', why });
      judge();
    },
    isPictured: (some) => some.every((part) => pictured.has(part) || states.get(part)?.state === 'left out'),
    hasPicture: (part) => pictured.has(part),
  };
}
