import type Dockerode from 'dockerode';
import { z } from 'zod';
import type { DockerObjects } from '../domain/docker-objects.ts';
import { ActionError } from '../domain/errors.ts';
import { dial, type Dialled } from './docker-dial.ts';
import type { DockerAsk } from './docker-reads.ts';
import { unlessGone } from './docker-writes.ts';

const writeMs = 30_000;
const withStatus = z.object({ State: z.object({ Status: z.string() }) });
const withLabels = z.object({ Labels: z.record(z.string(), z.string()).nullish() });

/** What is made for a while, and taken away with all that is in it. Part of the client of an engine. */
export function dockerScratch(
  docker: Dockerode,
  { ask, read, asked }: DockerAsk,
): Pick<DockerObjects, 'discard' | 'createVolume' | 'removeVolume'> {
  const send = (act: string, request: Dialled, signal: AbortSignal): Promise<unknown> =>
    ask(act, writeMs, signal, (abort) => dial(docker, request, abort));
  const refuse = (act: string, why: string): never => {
    throw new ActionError(`docker engine ${asked(act).engine}: would not ${act}: ${why}`, 'conflict', false);
  };
  function mustHave(labels: Readonly<Record<string, string>>, act: string, answer: unknown): void {
    const { Labels } = read(act, answer, (value) => withLabels.parse(value));
    if (!isSame(Labels ?? {}, labels)) refuse(act, 'there is one with other labels');
  }
  return {
    discard: async (id, signal) => {
      const act = `discard ${id}`;
      const path = `/containers/${encodeURIComponent(id)}`;
      await unlessGone(async () => {
        const answer = await send(act, { method: 'GET', path: `${path}/json` }, signal);
        const { Status } = read(act, answer, (value) => withStatus.parse(value)).State;
        // What has run may have written there what is nowhere else.
        if (Status !== 'created') refuse(act, `it was started, it is ${Status}`);
        await send(act, { method: 'DELETE', path, query: { v: true, force: false } }, signal);
      });
    },
    createVolume: async (name, labels, signal) => {
      const act = `create volume ${name}`;
      const body = { Name: name, Labels: labels };
      // An engine answers with one that has the name already as if it were new.
      mustHave(labels, act, await send(act, { method: 'POST', path: '/volumes/create', body }, signal));
    },
    removeVolume: async (name, labels, signal) => {
      const act = `remove volume ${name}`;
      const path = `/volumes/${encodeURIComponent(name)}`;
      await unlessGone(async () => {
        mustHave(labels, act, await send(act, { method: 'GET', path }, signal));
        await send(act, { method: 'DELETE', path, query: { force: false } }, signal);
      });
    },
  };
}

function isSame(told: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(wanted);
  return Object.keys(told).length === names.length && names.every((name) => told[name] === wanted[name]);
}
