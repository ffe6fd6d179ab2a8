import type Dockerode from 'dockerode';
import { z } from 'zod';
import type { DockerObjects } from '../domain/docker-objects.ts';
import { drillLabel } from '../domain/drill-things.ts';
import { ActionError } from '../domain/errors.ts';
import { dial, dialStream, type Dialled } from './docker-dial.ts';
import { abortedError } from './docker-errors.ts';
import { outputOf } from './docker-output.ts';
import type { DockerAsk } from './docker-reads.ts';
import { streamError } from './docker-stream-errors.ts';
import { unlessGone } from './docker-writes.ts';
import { keptTail } from './kept-tail.ts';
import { endedBy, unheard } from './pulled.ts';
import { unlessSilent } from './unless-silent.ts';

const writeMs = 30_000;
const withStatus = z.object({ State: z.object({ Status: z.string() }) });
const withLabels = z.object({ Labels: z.record(z.string(), z.string()).nullish() });
const withConfig = z.object({ Config: withLabels });
const ending = z.object({ State: z.object({ Running: z.boolean(), ExitCode: z.number() }) });
const tailBytes = 8 * 1024;

/** What is made for a while, and taken away with all that is in it. Part of the client of an engine. */
export function dockerScratch(
  docker: Dockerode,
  { ask, read, asked }: DockerAsk,
): Pick<DockerObjects, 'discard' | 'discardDrill' | 'followToEnd' | 'createVolume' | 'removeVolume'> {
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
    discardDrill: async (id, signal) => {
      const act = `remove ${id} of a drill`;
      const path = `/containers/${encodeURIComponent(id)}`;
      await unlessGone(async () => {
        const answer = await send(act, { method: 'GET', path: `${path}/json` }, signal);
        const { Labels } = read(act, answer, (value) => withConfig.parse(value)).Config;
        if (Labels?.[drillLabel] === undefined) refuse(act, 'it is of none');
        await send(act, { method: 'DELETE', path, query: { v: true, force: true } }, signal);
      });
    },
    followToEnd: async (id, { signal, silentMs }) => {
      const act = `follow ${id} to its end`;
      const path = `/containers/${encodeURIComponent(id)}`;
      const query = { stdout: true, stderr: true, follow: true };
      const answer = await ask(act, writeMs, signal, (abort) =>
        dialStream(docker, { method: 'GET', path: `${path}/logs`, query }, abort),
      );
      endedBy(signal, unheard(answer), () => abortedError(asked(act), signal.reason));
      const [stdout, stderr] = [keptTail(tailBytes), keptTail(tailBytes)];
      try {
        for await (const chunk of outputOf(unlessSilent(answer, silentMs), stderr)) stdout.add(chunk);
      } catch (error) {
        throw streamError(asked(act), error);
      }
      const { State } = read(act, await send(act, { method: 'GET', path: `${path}/json` }, signal), (value) =>
        ending.parse(value),
      );
      if (State.Running)
        throw new ActionError(
          `${id} runs still, but docker engine ${asked(act).engine} passes on no more of its output: the connection broke off`,
          'unreachable',
          true,
        );
      return { exitCode: State.ExitCode, stdout: stdout.text(), stderr: stderr.text() };
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
