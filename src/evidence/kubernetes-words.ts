import type { Condition, ContainerStateOf, ContainerStatus, Event, Pod } from '../domain/kubernetes.ts';
import { timeOf } from '../kubernetes/time.ts';
import { instantText } from './shown.ts';

/** `Ready=False since 2026-…: ContainersNotReady: containers with unready status: [app]` */
export function conditionText({ type, status, reason, message, lastTransitionTime }: Condition): string {
  const since = lastTransitionTime === undefined ? '' : ` since ${lastTransitionTime}`;
  return [`${type}=${status}${since}`, reason, message].filter((part) => part !== undefined && part !== '').join(': ');
}

export const statusesOf = ({ status }: Pod): readonly ContainerStatus[] => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
];

/** How ill a container looks; 0: well. An init container that has done its work is well. */
export function illness({ ready, restartCount, state }: ContainerStatus): number {
  if (state?.terminated?.exitCode === 0) return 0;
  return (ready ? 0 : 1_000_000) + (state?.waiting ? 100_000 : 0) + Math.min(99_999, restartCount);
}

export const podIllness = (pod: Pod): number => {
  const all = statusesOf(pod);
  // One that has none yet has not even begun.
  return all.length === 0 ? 500_000 : Math.max(...all.map(illness));
};

/** A pod, its conditions that are not met, and each of its containers: how it is, how it ended last, and its image. */
export function podText(pod: Pod): string {
  const { metadata, spec, status } = pod;
  const unmet = (status?.conditions ?? []).filter((one) => one.status !== 'True');
  const why = [status?.reason, status?.message].filter(Boolean).join(': ');
  return [
    `pod ${metadata.name} ${spec.nodeName === undefined ? 'on no node' : `on node ${spec.nodeName}`}: ${status?.phase ?? 'unknown'}${why && ` (${why})`}, made ${metadata.creationTimestamp ?? 'at an unknown time'}${metadata.deletionTimestamp ? `, to be deleted since ${metadata.deletionTimestamp}` : ''}`,
    ...unmet.map((one) => `  ${conditionText(one)}`),
    ...statusesOf(pod).flatMap(containerLines),
  ].join('\n');
}

function containerLines({ name, ready, restartCount, state, lastState, image, imageID }: ContainerStatus): string[] {
  const last = lastState?.terminated === undefined ? [] : [`    before that: ${stateText(lastState)}`];
  return [
    `  container ${name}: ${ready ? 'ready' : 'not ready'}, ${stateText(state)}, restarted ${restartCount} times`,
    ...last,
    `    image ${image ?? 'unknown'}, ${imageID || 'digest unknown'}`,
  ];
}

function stateText(state: ContainerStateOf | undefined): string {
  const { running, waiting, terminated } = state ?? {};
  if (running) return `running since ${running.startedAt ?? 'an unknown time'}`;
  if (waiting) return `waiting: ${[waiting.reason, waiting.message].filter(Boolean).join(': ') || 'no reason given'}`;
  if (terminated === undefined) return 'in no state yet';
  const { exitCode, reason, message, startedAt, finishedAt } = terminated;
  const why = [reason, message?.trim()].filter(Boolean).join(': ');
  return `ended ${finishedAt ?? 'at an unknown time'}, started ${startedAt ?? 'at an unknown time'}, exit code ${exitCode}${why && `, ${why}`}`;
}

/** When it was told last, ms since the epoch. */
export const eventAt = ({ lastTimestamp, series, eventTime, firstTimestamp, metadata }: Event): number =>
  timeOf(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? firstTimestamp ?? metadata.creationTimestamp);

export function eventText(event: Event): string {
  const { type = '', reason = '', message = '', count, series, involvedObject } = event;
  const times = series?.count ?? count ?? 1;
  const about = `${involvedObject.kind?.toLowerCase() ?? 'object'} ${involvedObject.name ?? ''}`;
  return `${instantText(eventAt(event))} ${type} ${reason} (${about}${times > 1 ? `, ${times} times` : ''}): ${message.trim().replaceAll(/\s+/g, ' ')}`;
}
