import { z } from 'zod';
import type { Clients, DockerClient } from '../domain/clients.ts';
import type { Target } from '../domain/target.ts';
import { dockerEngine } from '../targets/container/engine.ts';
import { parseContainerKey } from '../targets/container/key.ts';
import type { Notes } from './notes.ts';
import { fullText, instantText, logTail } from './shown.ts';

/** How far back its events are told, ms. */
const lookBackMs = 60 * 60_000;

const told = z.object({
  Image: z.string().catch(''),
  State: z
    .object({
      Health: z
        .object({
          Log: z.array(z.object({ End: z.string(), ExitCode: z.number(), Output: z.string() })).catch([]),
        })
        .nullish(),
    })
    .catch({}),
});

/** A container: how it is and how it ended, its events, the end of its log, and all that `docker inspect` tells. */
export async function ofContainer(target: Target, clients: Clients, notes: Notes, now: number): Promise<void> {
  const { engine, name } = parseContainerKey(target.key);
  const client = dockerEngine(engine, clients);
  const id = target.uid ?? name;
  await Promise.all([
    state(id, name, client, notes),
    notes.read(`events of container ${name}`, async (signal) => {
      const events = await client.history(id, now - lookBackMs, signal);
      const lines = events.map(({ at, action }) => `${instantText(at)} ${action}`);
      notes.keep({
        rank: 3,
        title: `events of container ${name}, of the last hour`,
        text: lines.join('\n'),
        keep: 'end',
      });
    }),
    notes.read(`log of container ${name}`, async (signal) => {
      const text = await client.logs(id, logTail, signal);
      // An engine writes on in the same log when it starts it again: that of the instance before is in it.
      notes.keep({ rank: 4, title: `log of container ${name}, its last lines`, text, keep: 'end' });
    }),
  ]);
}

async function state(id: string, name: string, client: DockerClient, notes: Notes): Promise<void> {
  await notes.read(`container ${name}`, async (signal) => {
    const [seen, all] = await Promise.all([client.inspect(id, signal), client.describe(id, signal)]);
    if (seen === undefined || all === undefined) return notes.miss(`container ${name}: there is none`);
    const { Image, State } = told.parse(all);
    const ended =
      seen.finishedAt === 0 ? '' : `, ended last ${instantText(seen.finishedAt)} with exit code ${seen.exitCode}`;
    const health = (State.Health?.Log ?? []).map(
      ({ End, ExitCode, Output }) => `health check ${End}: exit code ${ExitCode}: ${Output.trim().slice(0, 1_000)}`,
    );
    const lines = [
      `${seen.status}${seen.health ? `, ${seen.health}` : ''}, restarted ${seen.restartCount} times by its policy (${seen.restartPolicy})`,
      `started ${instantText(seen.startedAt)}${ended}${seen.oomKilled ? ', killed for want of memory' : ''}`,
      `image ${seen.image}, ${Image || 'digest unknown'}`,
      ...(seen.error === '' ? [] : [`error: ${seen.error}`]),
      ...health,
    ];
    notes.keep({ rank: 0, title: `container ${name}`, text: lines.join('\n'), keep: 'start' });
    notes.keep({ rank: 6, title: `container ${name}, in full`, text: fullText(all), keep: 'start' });
  });
}
