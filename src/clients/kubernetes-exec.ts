import { randomBytes } from 'node:crypto';
import { finished } from 'node:stream';
import { ActionError, messageOf } from '../domain/errors.ts';
import type { PodCommand, PodPlace, PodStreams } from '../domain/pod-streams.ts';
import { InputBroke } from './docker-stream-errors.ts';
import { NoFrame } from './docker-frames.ts';
import { keptTail } from './kept-tail.ts';
import { channelsOf, inputEnd, inputFrame, type ProcessEnd, protocols, readToEnd } from './kubernetes-channels.ts';
import { answerError, excerptOf, garbledError, kubeAborted, kubeStatus, type KubeAsked } from './kubernetes-errors.ts';
import { pathOf, placeAct, type KubeAct } from './kubernetes-paths.ts';
import type { KubeSocket } from './kubernetes-socket.ts';
import type { KubeTransport } from './kubernetes-transport.ts';
import { passedOn } from './passed-on.ts';
import { patience } from './patience.ts';
import { endedBy, pulled, unheard } from './pulled.ts';
import { Silent, silence, unlessSilent } from './unless-silent.ts';

const beginMs = 30_000;
const tailBytes = 8 * 1024;

export interface ExecDeps {
  readonly transport: Pick<KubeTransport, 'converse'>;
  readonly asked: (act: KubeAct) => KubeAsked;
  /** Bounds what begins it; its failures are ActionErrors. */
  readonly within: <T>(
    act: KubeAct,
    ms: number,
    signal: AbortSignal,
    work: (abort: AbortSignal) => Promise<T>,
  ) => Promise<T>;
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal;
}

/** Commands in pods. Part of the client of a cluster. */
export function kubernetesExec({ transport, asked, within, closing }: ExecDeps): PodStreams {
  async function begin(
    pod: PodPlace,
    { argv, program = argv[0] }: PodCommand & { readonly program?: string },
    hasInput: boolean,
    signal: AbortSignal,
  ): Promise<{ readonly messages: KubeSocket['messages']; readonly about: KubeAsked }> {
    const act: KubeAct = { ...placeAct('create', 'pods', pod), subresource: 'exec' };
    const about = asked(act);
    const query = new URLSearchParams({ container: pod.container, stdout: 'true', stderr: 'true' });
    if (hasInput) query.set('stdin', 'true');
    for (const word of argv) query.append('command', word);
    const path = `${pathOf(act)}?${query.toString()}`;
    const wanted = hasInput ? [protocols.withEnd] : [protocols.withEnd, protocols.withoutEnd];
    const opened = await within(act, beginMs, signal, (abort) => transport.converse(path, wanted, abort));
    if (!('messages' in opened)) {
      if (opened.status !== 400 || kubeStatus(opened.body) !== undefined) throw answerError(about, opened);
      const why = `it does not speak ${wanted.join(' or ')}, as Kubernetes 1.30 and newer do`;
      throw new ActionError(
        `kubernetes ${about.cluster} did not run ${program} in pod ${pod.namespace}/${pod.name}: ${why} (HTTP 400: ${excerptOf(opened.body)})`,
        'bad-request',
        false,
      );
    }
    const { messages } = opened;
    for (const end of [signal, closing]) endedBy(end, unheard(messages), () => kubeAborted(about, end.reason));
    return { messages, about };
  }

  return {
    execOut: async (pod, command, { signal, silentMs }) => {
      const { messages, about } = await begin(pod, command, false, signal);
      const stderr = keptTail(tailBytes);
      const end: ProcessEnd = {};
      const output = channelsOf(unlessSilent(messages, silentMs), stderr, end);
      const stdout = pulled(output, messages, (error) => streamError(about, error));
      // What waits for more than the API has sent yet is not told by the connection's end alone.
      for (const over of [signal, closing]) endedBy(over, stdout, () => kubeAborted(about, over.reason));
      const over = new Promise<number>((resolve, reject) => {
        finished(stdout, { writable: false }, (error) => {
          if (!error && end.exitCode !== undefined) resolve(end.exitCode);
          else reject(error instanceof ActionError ? error : givenUpError(about, error));
        });
      });
      // Whoever does not ask is not told.
      over.catch(() => undefined);
      return { stdout, stderr: () => stderr.text(), ended: async () => ({ exitCode: await over }) };
    },

    execIn: async (pod, command, stdin, { signal, silentMs }) => {
      unheard(stdin);
      const whole = readToEnd(command.argv, `paramedic-${randomBytes(8).toString('hex')}`);
      try {
        const { messages, about } = await begin(pod, { argv: whole.argv, program: command.argv[0] }, true, signal);
        const [stdout, stderr] = [keptTail(tailBytes), keptTail(tailBytes)];
        const end: ProcessEnd = {};
        const other = patience(silentMs, () => messages.destroy(silence(silentMs)));
        let isOver = false;
        // It takes nothing any more.
        const stop = (): void => {
          isOver = true;
          stdin.destroy();
        };
        const complaints = {
          ...stderr,
          add: (part: Buffer): void => {
            stderr.add(part);
            if (whole.hasEnded(stderr.text())) stop();
          },
        };
        async function listen(): Promise<void> {
          try {
            for await (const chunk of channelsOf(
              noted(messages, () => other.moved()),
              complaints,
              end,
            ))
              stdout.add(chunk);
          } finally {
            stop();
          }
        }
        /** Whether it was given all of it. */
        async function give(): Promise<boolean> {
          let isWhole = false;
          try {
            for await (const chunk of passedOn(stdin, stdin, other) as AsyncIterable<Buffer>)
              await written(messages, inputFrame(chunk));
            isWhole = !isOver;
          } catch (error) {
            if (!isOver) {
              // It has no end for the process either, but that of the connection.
              messages.destroy();
              throw error;
            }
          }
          await written(messages, inputEnd);
          return isWhole;
        }
        const [sent, heard] = await Promise.allSettled([give(), listen()]);
        other.end();
        const failures = [sent, heard].flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
        const ours = failures.find((error) =>
          [ActionError, InputBroke, NoFrame, Silent].some((kind) => error instanceof kind),
        );
        if (ours !== undefined) throw streamError(about, ours);
        if (heard.status === 'rejected') throw streamError(about, heard.reason);
        const { exitCode = 0 } = end;
        // Half of a restore that says it is well is the one thing that must not pass.
        if (exitCode === 0 && !(sent.status === 'fulfilled' && sent.value)) {
          const said = `${command.argv[0]} in pod ${pod.namespace}/${pod.name} ended with 0 before it had been given all of its input`;
          throw new ActionError(`${said}, says kubernetes ${about.cluster}`, 'conflict', false);
        }
        return { exitCode, stdout: stdout.text(), stderr: whole.said(stderr.text()) };
      } finally {
        stdin.destroy();
      }
    },
  };
}

/** Resolves when it was handed to the network. */
const written = (messages: KubeSocket['messages'], bytes: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    messages.write(bytes, (error) => (error ? reject(error) : resolve()));
  });

async function* noted(chunks: AsyncIterable<Buffer>, onChunk: () => void): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) {
    onChunk();
    yield chunk;
  }
}

const where = ({ cluster, address, act }: KubeAsked): string =>
  `kubernetes ${cluster} at ${address}: a command in pod ${act.namespace}/${act.name ?? ''}`;

/** Whoever reads its output has given it up. */
const givenUpError = (asked: KubeAsked, cause: unknown): ActionError =>
  new ActionError(`${where(asked)} was not read to its end`, 'aborted', true, cause);

/** Anything that ends a command which had begun, as an ActionError. */
function streamError(asked: KubeAsked, error: unknown): ActionError {
  if (error instanceof ActionError) return error;
  if (error instanceof Silent) return new ActionError(`${where(asked)}: ${error.message}`, 'timeout', true, error);
  if (error instanceof NoFrame) return garbledError(asked, error.message, error);
  if (error instanceof InputBroke) {
    if (error.cause instanceof ActionError) return error.cause;
    return new ActionError(
      `${where(asked)}: what was to go to it broke off: ${messageOf(error.cause)}`,
      'aborted',
      true,
      error.cause,
    );
  }
  return new ActionError(`${where(asked)} broke off: ${messageOf(error)}`, 'unreachable', true, error);
}
