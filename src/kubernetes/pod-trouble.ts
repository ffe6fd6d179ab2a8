import type { Condition, ContainerStatus, Pod } from '../domain/kubernetes.ts';
import { containerTrouble, short } from './container-trouble.ts';
import { probeTimeMs } from './probe-time.ts';
import { sidecarsOf, sidecarStatuses } from './sidecars.ts';
import { timeOf } from './time.ts';

/** The scheduler, kubelet and the API need some seconds to pass the news on. */
const graceMs = 10_000;
/** An image is pulled, volumes are attached: kubelet gives no reason while it waits, so only time tells, ms. */
const createMs = 120_000;
/** How long an init container, or a first start, may take: as long as a Deployment's roll-out may stand still, ms. */
const initMs = 600_000;
/** How far past its deletion, which counts the grace period in, a pod is stuck, ms. */
const stuckMs = 60_000;
/** How long a pod that was ready has to be unready before it hangs, ms: one failed probe under load is no illness. */
const hungMs = 20_000;
/** kubelet may tell of a death only after it has started the container anew, ms: readiness lost so early is no loss. */
const tellMs = 3_000;

/**
 * What is wrong with the pod, one phrase; empty: it is well, has completed, is being deleted, or is still starting.
 * What kubelet or the scheduler says is believed at once. What shows by nothing happening takes time: a pod that has
 * never been ready, and has not died, may be warming up, and readiness probes set that no limit: it is starting for as
 * long as a roll-out may stand still. After a death its own probes say how long; one that was ready and is not any more
 * for some time hangs. No phrase holds a duration or a count: the same trouble is the same phrase at every look.
 */
export function podTrouble(pod: Pod, now: number): string {
  const { metadata, spec, status } = pod;
  const { deletionTimestamp } = metadata;
  if (deletionTimestamp !== undefined) {
    if (now - timeOf(deletionTimestamp) < stuckMs) return '';
    return spec.nodeName === undefined ? 'is stuck terminating' : `is stuck terminating on node ${spec.nodeName}`;
  }
  if (status?.phase === 'Succeeded') return '';
  if (status?.phase === 'Failed') return failed(pod, now);
  if (status?.phase === 'Unknown') return `its node ${spec.nodeName ?? ''} does not report`;
  if (spec.nodeName === undefined) return unscheduled(pod, now);
  return containersTrouble(pod, now) || unready(pod, now);
}

function failed(pod: Pod, now: number): string {
  const { reason, message } = pod.status ?? {};
  if (reason === 'Evicted') return `was evicted (${short(message ?? 'no reason given')})`;
  const why = [reason, message && short(message)].filter(Boolean).join(': ');
  return why === '' ? containersTrouble(pod, now) || 'has failed' : `has failed (${why})`;
}

function unscheduled(pod: Pod, now: number): string {
  const condition = conditionOf(pod, 'PodScheduled');
  const since = timeOf(condition?.lastTransitionTime ?? pod.metadata.creationTimestamp);
  if (now - since < graceMs) return '';
  if (condition?.reason === 'SchedulingGated') return 'is held back by its scheduling gates';
  // The scheduler's message goes on with what preemption would do.
  const why = condition?.message?.split(/ (?:preemption|no new claims)/)[0] ?? 'no scheduler has looked at it';
  return `can not be scheduled (${short(why)})`;
}

function containersTrouble(pod: Pod, now: number): string {
  const { spec, status } = pod;
  const always = (spec['restartPolicy'] ?? 'Always') === 'Always';
  const sidecars = sidecarsOf(pod);
  for (const init of status?.initContainerStatuses ?? []) {
    const trouble = containerTrouble(init, !sidecars.has(init.name), now);
    if (trouble !== '') return trouble.startsWith('container') ? `init ${trouble}` : trouble;
  }
  for (const container of status?.containerStatuses ?? []) {
    const trouble = containerTrouble(container, !always, now);
    if (trouble !== '') return trouble;
  }
  return '';
}

function unready(pod: Pod, now: number): string {
  const ready = conditionOf(pod, 'Ready');
  if (ready?.status === 'True') return '';
  const containers = pod.status?.containerStatuses ?? [];
  // The sidecars last: those that wait for one of them have not been created.
  const idle = [...containers, ...sidecarStatuses(pod)].find((one) => !one.ready);
  // What has trouble was told before; one that ended well will not be ready, and is not to be.
  if (idle?.state?.terminated !== undefined) return '';
  if (containers.length === 0 || (idle !== undefined && startOf(idle) === 0)) return uncreated(pod, idle, now);
  return idle === undefined ? outvoted(pod, ready, now) : hung(pod, idle, now);
}

const startOf = ({ state }: ContainerStatus): number => timeOf(state?.running?.startedAt);

/** A container of it runs, and is not ready. */
function hung(pod: Pod, idle: ContainerStatus, now: number): string {
  const { containers, initContainers = [] } = pod.spec;
  const lostAt = timeOf(conditionOf(pod, 'Ready')?.lastTransitionTime);
  const runningSince = startOf(idle);
  const container = [...containers, ...initContainers].find(({ name }) => name === idle.name);
  const hasDied = idle.restartCount > 0 || idle.lastState?.terminated !== undefined;
  const probesMs = graceMs + (container === undefined ? 0 : probeTimeMs(container));
  const wasReady = lostAt - runningSince > tellMs;
  const hangs = wasReady
    ? now - lostAt >= hungMs
    : now - runningSince >= (hasDied ? probesMs : Math.max(initMs, probesMs));
  return hangs ? `container ${idle.name} is running but not ready` : '';
}

/** All its containers are ready, and it is not. */
function outvoted(pod: Pod, ready: Condition | undefined, now: number): string {
  // While kubelet lives it tells of the containers and of the pod at once: until then it has only not told yet.
  if (conditionOf(pod, 'ContainersReady')?.status !== 'True') return '';
  const { spec, status } = pod;
  const starts = (status?.containerStatuses ?? []).map(startOf);
  const forMs = now - Math.max(timeOf(ready?.lastTransitionTime), ...starts);
  if (ready?.reason === 'ReadinessGatesNotReady') {
    return forMs < createMs ? '' : `is not ready (${short(ready.message ?? 'readiness gates')})`;
  }
  // The control plane takes it back when the node falls silent, and leaves the containers as they were last told of.
  return forMs < graceMs ? '' : `is not ready although its containers are: node ${spec.nodeName ?? ''} may be down`;
}

/** A container of it does not run, and kubelet does not say why. */
function uncreated(pod: Pod, status: ContainerStatus | undefined, now: number): string {
  const { spec, status: { initContainerStatuses = [] } = {} } = pod;
  const sidecars = sidecarsOf(pod);
  const init = initContainerStatuses.find((one) => !sidecars.has(one.name) && startOf(one) > 0);
  if (init !== undefined) {
    return now - startOf(init) >= initMs ? `init container ${init.name} does not come to an end` : '';
  }
  // The others are not begun with before it has started.
  const waitedFor = sidecarStatuses(pod).find((one) => !one.ready && startOf(one) > 0);
  if (waitedFor !== undefined) return hung(pod, waitedFor, now);
  const since = timeOf(conditionOf(pod, 'PodScheduled')?.lastTransitionTime ?? pod.metadata.creationTimestamp);
  // It ran before: kubelet is between two starts, and names no reason either.
  const lastEnd = timeOf(status?.lastState?.terminated?.finishedAt);
  const steps = initContainerStatuses.map((one) => Math.max(startOf(one), timeOf(one.state?.terminated?.finishedAt)));
  if (now - Math.max(since, lastEnd, ...steps) < createMs) return '';
  const what = status === undefined ? 'its containers have' : `container ${status.name} has`;
  return `${what} not been created on node ${spec.nodeName ?? ''} (image, volumes or network; its events say which)`;
}

const conditionOf = ({ status }: Pod, type: string): Condition | undefined =>
  status?.conditions?.find((condition) => condition.type === type);
