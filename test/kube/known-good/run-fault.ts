import { setTimeout as sleep } from 'node:timers/promises';
import type { TestCluster } from '../../harness/cluster.ts';
import {
  besides,
  type FaultPlace,
  type FaultRun,
  inTime,
  phraseOfWrite,
  untilEnded,
  untilWell,
  writesAbout,
} from '../../harness/kube-fault-run.ts';
import type { FaultScene } from '../../harness/kube-fault-scene.ts';
import { renewed, restarted } from './fault-objects.ts';
import type { Fault } from './faults.ts';

export type Scene = FaultScene & { readonly cluster: TestCluster };

export const appsOf = ({ apps = ['web'] }: Fault): readonly string[] => apps;

/**
 * Breaks it, waits until Paramedic has recovered it, and sees it stay well when a pod is replaced and when it is rolled out
 * once more. Rejects when anything of that does not come about.
 */
export async function runFault(fault: Fault, place: FaultPlace, scene: Scene): Promise<FaultRun> {
  try {
    return await brokenAndRecovered(fault, place, scene);
  } catch (error) {
    const pods = await place.cluster.list('pods', place.namespace);
    const tale = [
      ...scene.told(place.namespace),
      ...pods.map(({ metadata, status }) => ({ pod: metadata.name, status })),
    ];
    throw new Error(`${fault.name}: ${String(error)}\n${tale.map((one) => JSON.stringify(one)).join('\n')}`, {
      cause: error,
    });
  }
}

async function brokenAndRecovered(fault: Fault, place: FaultPlace, scene: Scene): Promise<FaultRun> {
  const { namespace } = place;
  const { earlier, alerts, targets } = fault;
  if (earlier !== undefined) {
    await earlier.act(place);
    await sleep(earlier.pauseMs);
  }
  const injectedAt = Date.now();
  await fault.inject(place);
  const coming = alerts.map((name) => scene.fired(name, ({ labels }) => labels['namespace'] === namespace));
  const alert = await inTime(Promise.race(coming), () => `no ${alerts.join(', ')} came about ${fault.name}`, 500_000);
  const wellAt = await untilWell(place);
  const ended = await untilEnded(scene, namespace, targets, { orHeld: false });
  const recoveredAt = Date.now();
  const allowed = fault.allowed(namespace);
  const before = await writesAbout(scene, namespace, allowed);
  const { apps = ['web'] } = fault;
  for (const app of apps) await renewed(place, app, 1);
  await sleep(1_000);
  await untilWell(place);
  if (fault.rollsOut !== false) {
    for (const app of apps) await restarted(place, app);
    await untilWell(place);
  }
  // Whatever it saw of that, it has nothing to do.
  await untilEnded(scene, namespace, targets, { orHeld: false });
  const writes = await writesAbout(scene, namespace, allowed);
  const first = before.map(({ at }) => Date.parse(at)).toSorted((a, b) => a - b)[0];
  const mistakes = [
    ...besides(writes, allowed).map((one) => `wrote ${one}`),
    ...writes.slice(before.length).map((one) => `wrote ${phraseOfWrite(one)} when all was well again`),
    ...Object.entries(fault.times ?? {}).flatMap(([what, times]) => {
      const found = writes.filter(({ resource, name }) => `${resource} ${name}` === what).length;
      return found === times ? [] : [`wrote ${what} ${found} times`];
    }),
    ...(fault.proof === undefined || (await fault.proof(place)) ? [] : ['the proof is not there']),
    ...endsAmiss(fault, ended),
  ];
  const run = {
    injectedAt,
    alert,
    firstWriteAt: first,
    wellAt,
    recoveredAt,
    ended,
    written: writes.map(phraseOfWrite),
  };
  if (mistakes.length > 0) throw new Error(`${mistakes.join('; ')}\n${JSON.stringify(run, undefined, 1)}`);
  return run;
}

/** Each target's last recovery is recovered, or (but for the first target) there was nothing to do any more. */
function endsAmiss({ targets }: Fault, ended: readonly string[]): readonly string[] {
  const [first = '', ...others] = targets;
  const last = (target: string) => ended.findLast((one) => one.startsWith(`${target}: `)) ?? `${target}: nothing`;
  const isRecovered = (target: string) => ended.some((one) => one.startsWith(`${target}: recovered: `));
  const amiss = others.filter((one) => !/: (recovered|obsolete): /.test(last(one))).map(last);
  if (!targets.some(isRecovered)) amiss.push(...ended, `${first} is not recovered`);
  const worse = ended.filter((one) => /: (not-recovered|failed|awaiting-approval|stale): /.test(one));
  return [...new Set([...amiss, ...worse])];
}

const inSeconds = (ms: number | undefined): string => (ms === undefined ? '–' : (ms / 1000).toFixed(1));

/** One line of the table: seconds from one to the next. */
export function rowOf({ injectedAt, alert, firstWriteAt, wellAt, recoveredAt, ended }: FaultRun) {
  const { deliveredAt } = alert;
  return {
    alert: alert.labels['alertname'] ?? '',
    'injection → alert': inSeconds(deliveredAt - injectedAt),
    'alert → first write': firstWriteAt === undefined ? '–' : ((firstWriteAt - deliveredAt) / 1000).toFixed(3),
    'first write → well': firstWriteAt === undefined ? '–' : inSeconds(wellAt - firstWriteAt),
    'injection → well': inSeconds(wellAt - injectedAt),
    'injection → ended': inSeconds(recoveredAt - injectedAt),
    ended: ended.map((one) => one.split(': ').slice(0, 2).join(' ')).join(', '),
  };
}
