import { z } from 'zod';
import type { Silence, Silencer } from '../domain/clients.ts';
import { ActionError, messageOf } from '../domain/errors.ts';
import type { AlertmanagerOptions } from './alertmanager.ts';
import { fewAtOnce } from './few-at-once.ts';
import { displayUrl, httpDelete, httpGetJson, httpPostForJson, type HttpServer } from './http-get.ts';

const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const matcher = z.object({
  name: z.string(),
  value: z.string(),
  isRegex: z.boolean(),
  isEqual: z.boolean().default(true),
});
/** `GET /api/v2/silences` */
const list = z.array(
  z.object({
    id: z.string(),
    createdBy: z.string(),
    comment: z.string(),
    startsAt: instant,
    endsAt: instant,
    status: z.object({ state: z.enum(['pending', 'active', 'expired']) }),
    matchers: z.array(matcher),
  }),
);
type Told = z.infer<typeof list>[number];
const made = z.object({ silenceID: z.string().min(1) });

/** An Alertmanager answers 503 to more than 8 readers, and its alerts are read four at a time. */
const mostReads = 2;

/** The silences of one Alertmanager HA group. */
export function createSilencer(options: Omit<AlertmanagerOptions, 'onPeer'>): Silencer {
  const peers = options.urls.map((url): HttpServer => ({ ...options, url, title: 'Alertmanager' }));

  /** The answer of the first peer that gives one; the others are not asked. */
  const byOne = async <Answer>(ask: (peer: HttpServer) => Promise<Answer>): Promise<Answer> => {
    let last: unknown;
    for (const peer of peers) {
      try {
        return await ask(peer);
      } catch (error) {
        // That one does not know a silence is no news where another one can not be asked.
        if (last === undefined || !isUnknown(error)) last = error;
      }
    }
    throw last;
  };

  const readPeers = async (): Promise<readonly Told[]> => {
    const read = async (peer: HttpServer): Promise<readonly Told[]> =>
      parse(list, await httpGetJson(peer, '/api/v2/silences'), peer, 'a list of silences');
    const answers = await Promise.allSettled(peers.map(read));
    // One of another peer may not have been told of what was silenced at the first.
    const told = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failed = answers.find((one) => one.status === 'rejected');
    if (told.length === 0 && failed !== undefined) throw failed.reason;
    return told.flat();
  };
  const few = fewAtOnce<readonly Told[]>(mostReads);

  return {
    silence: ({ labels, createdBy, comment, startsAt, endsAt }, signal) => {
      const matchers = Object.entries(labels).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true }));
      const body = {
        matchers,
        createdBy,
        comment,
        startsAt: new Date(startsAt).toISOString(),
        endsAt: new Date(endsAt).toISOString(),
      };
      return byOne(async (peer) => {
        const answer = await httpPostForJson(peer, '/api/v2/silences', body, signal);
        return parse(made, answer, peer, 'the id of a silence').silenceID;
      });
    },

    async expire(id, signal) {
      try {
        await byOne((peer) => httpDelete(peer, `/api/v2/silence/${encodeURIComponent(id)}`, signal));
      } catch (error) {
        if (!isUnknown(error)) throw error;
      }
    },

    async silencesBy(createdBy) {
      const found = new Map<string, Silence>();
      for (const told of await few('', readPeers)) {
        if (told.createdBy !== createdBy) continue;
        if (found.get(told.id)?.state !== 'expired') found.set(told.id, silenceOf(told));
      }
      return [...found.values()];
    },
  };
}

function parse<T>(schema: z.ZodType<T>, answer: unknown, { url }: HttpServer, what: string): T {
  const body = schema.safeParse(answer);
  if (body.success) return body.data;
  const where = body.error.issues[0]?.path.join('.') ?? '';
  const sentence = `Alertmanager at ${displayUrl(url)} answered with something else than ${what} (at "${where}"); is it one?`;
  throw new ActionError(sentence, 'server-error', true);
}

/** Up to 0.26 an Alertmanager answers 500 about a silence that it does not know. */
const isUnknown = (error: unknown): boolean =>
  error instanceof ActionError && (error.reason === 'not-found' || /\bsilence not found\b/.test(messageOf(error)));

function silenceOf({ status, matchers, ...told }: Told): Silence {
  const isExact = matchers.every(({ isEqual, isRegex }) => isEqual && !isRegex);
  const labels = Object.fromEntries(matchers.map(({ name, value }) => [name, value]));
  return { ...told, state: status.state, ...(isExact && { labels }) };
}
