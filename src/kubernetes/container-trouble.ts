import type { ContainerStatus } from '../domain/kubernetes.ts';
import { timeOf } from './time.ts';

/** A container that died younger than this died of its start; kubelet forgets its back-off after as long. */
const youngMs = 600_000;
/** A container that died young again and again is not trusted before it has run this long. */
const provenMs = 60_000;

const starting = new Set(['ContainerCreating', 'PodInitializing']);
const unpullable = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]);

type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

/** What is wrong with one container, a phrase; empty: nothing that its own status tells. */
export function containerTrouble(status: ContainerStatus, endsWell: boolean, now: number): string {
  const { name, state, lastState, restartCount, image } = status;
  const { waiting, terminated, running } = state ?? {};
  const last = terminated ?? lastState?.terminated;
  if (waiting?.reason === 'CrashLoopBackOff') return dying(name, last, true);
  if (waiting?.reason !== undefined && !starting.has(waiting.reason)) {
    const { reason } = waiting;
    // Two names of one trouble, which take turns.
    const why = reason === 'ErrImagePull' || reason === 'ImagePullBackOff' ? '' : ` (${reason})`;
    if (unpullable.has(reason)) return `image ${image ?? ''} of container ${name} can not be pulled${why}`;
    return `container ${name} can not start (${reason}${waiting.message === undefined ? '' : `: ${short(waiting.message)}`})`;
  }
  if (terminated !== undefined) {
    return endsWell && terminated.exitCode === 0 ? '' : dying(name, terminated, restartCount > 1);
  }
  // Between two deaths it runs, and looks well. It died once: it may just have been too early for what it depends on.
  if (last === undefined || restartCount < 2 || lifetimeOf(last) >= youngMs) return '';
  return now - Math.max(timeOf(last.finishedAt), timeOf(running?.startedAt)) < provenMs ? dying(name, last, true) : '';
}

function dying(name: string, last: Terminated | undefined, again: boolean): string {
  if (last?.reason === 'OOMKilled') return `container ${name} runs out of memory (OOMKilled)`;
  const code = last === undefined ? '' : ` (exit code ${last.exitCode})`;
  return `container ${name} ${again ? 'is crash-looping' : 'has died'}${code}`;
}

/** ms; 0 for one that could not even be started. */
export const lifetimeOf = ({ startedAt, finishedAt }: Terminated): number =>
  timeOf(startedAt) === 0 ? 0 : Math.max(0, timeOf(finishedAt) - timeOf(startedAt));

/** Somebody else's sentence, in one line and not for ever. */
export const short = (message: string): string => {
  const line = message.replaceAll(/\s+/g, ' ').trim();
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
};
