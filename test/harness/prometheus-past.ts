import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProcess } from './process.ts';

/** A series of the past: its name with its labels as Prometheus writes them, and samples, oldest first. */
export interface PastSeries {
  /** `kube_deployment_spec_replicas{namespace="shop",deployment="web"}` */
  readonly series: string;
  /** ms since the epoch, and the value. */
  readonly samples: readonly (readonly [atMs: number, value: number])[];
}

/** Gives a Prometheus that has not been started yet a past, in its data folder `data`. */
export async function writePast(dir: string, past: readonly PastSeries[]): Promise<void> {
  const lines = past.flatMap(({ series, samples }) =>
    samples.map(([atMs, value]) => `${series} ${value} ${atMs / 1000}`),
  );
  const file = join(dir, 'past.om');
  await writeFile(file, [...lines, '# EOF', ''].join('\n'));
  const promtool = await startProcess('promtool', [
    'tsdb',
    'create-blocks-from',
    'openmetrics',
    file,
    join(dir, 'data'),
  ]);
  const end = await promtool.end;
  await rm(file);
  if (end !== 'exited with code 0') throw new Error(`promtool ${end}:\n${promtool.lines.join('\n')}`);
}
