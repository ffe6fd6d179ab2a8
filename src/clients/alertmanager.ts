import { setMaxListeners } from 'node:events';
import { z } from 'zod';
import type { BasicAuth, Secret } from '../config/config.ts';
import type { AlertmanagerClient, ListedAlert, Pager } from '../domain/clients.ts';
import { ActionError, messageOf } from '../domain/errors.ts';
import { fewAtOnce } from './few-at-once.ts';
import { displayUrl, httpGetJson, httpPostJson } from './http-get.ts';

export interface AlertmanagerOptions {
  /** Every peer of one HA group; a path prefix is kept. */
  readonly urls: readonly string[];
  readonly basic?: BasicAuth;
  readonly bearer?: Secret;
  /** For each peer, ms. Default 2000. */
  readonly timeoutMs?: number;
  /** Of each peer's answer. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Told after each read whether a peer answered; the URL is without credentials. */
  readonly onPeer?: (url: string, answered: boolean) => void;
}

const ids = z.array(z.string()).optional();
const strings = z.record(z.string(), z.string());
const instant = z.string().transform((text, context) => {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) context.addIssue(`${text} is no time`);
  return ms;
});
/** `GET /api/v2/alerts`; `mutedBy` is there since 0.28. */
const answer = z.array(
  z.object({
    fingerprint: z.string(),
    labels: strings,
    annotations: strings.default({}),
    startsAt: instant,
    generatorURL: z.string().optional(),
    receivers: z.array(z.object({ name: z.string() })),
    status: z.object({ state: z.string(), silencedBy: ids, inhibitedBy: ids, mutedBy: ids }),
  }),
);
type Told = z.infer<typeof answer>[number];

/** What the peers answered together. */
interface PeersTold {
  readonly reachable: number;
  readonly errors: readonly string[];
  readonly told: readonly Told[];
}

/** An Alertmanager answers 503 to more than 8 readers, or as many as it has processors; we are not its only one. */
const mostReads = 4;

const everything = { active: 'true', silenced: 'true', inhibited: 'true', unprocessed: 'true' };

/** All peers of one Alertmanager HA group, asked at the same time. */
export function createAlertmanagerClient(options: AlertmanagerOptions): AlertmanagerClient & Pager {
  const ask = async (url: string, query: Record<string, string>): Promise<Told[]> => {
    const body = answer.safeParse(
      await httpGetJson({ ...options, url, title: 'Alertmanager' }, '/api/v2/alerts', query),
    );
    if (body.success) return body.data;
    const where = body.error.issues[0]?.path.join('.') ?? '';
    throw new Error(
      `Alertmanager at ${displayUrl(url)} answered with something else than a list of alerts (at "${where}"); is it one?`,
    );
  };

  const readPeers = async (query: Record<string, string>): Promise<PeersTold> => {
    const peers = await Promise.allSettled(options.urls.map((url) => ask(url, query)));
    const errors: string[] = [];
    const told: Told[] = [];
    for (const [index, peer] of peers.entries()) {
      if (peer.status === 'fulfilled') told.push(...peer.value);
      else errors.push(messageOf(peer.reason));
      options.onPeer?.(displayUrl(options.urls[index] ?? ''), peer.status === 'fulfilled');
    }
    return { reachable: peers.length - errors.length, errors, told };
  };
  const few = fewAtOnce<PeersTold>(mostReads);

  return {
    async list(filter, signal) {
      const query = filter ? { ...everything, filter: `alertname=${quoted(filter.alertname)}` } : everything;
      const { reachable, errors, told } = await unlessAborted(
        signal,
        few(JSON.stringify(query), () => readPeers(query)),
      );
      const wanted = filter ? told.filter((alert) => alert.labels['alertname'] === filter.alertname) : told;
      return { reachable, errors, alerts: merged(wanted) };
    },

    // Peers tell each other of silences and notifications, not of alerts: each of them has to hear it.
    async post(alerts, signal) {
      const body = alerts.map(({ labels, annotations, startsAt, endsAt }) => ({
        labels,
        annotations,
        startsAt: new Date(startsAt).toISOString(),
        endsAt: new Date(endsAt).toISOString(),
      }));
      const posts = options.urls.map((url) =>
        httpPostJson({ ...options, url, title: 'Alertmanager' }, '/api/v2/alerts', body, signal),
      );
      const errors = (await Promise.allSettled(posts)).flatMap((one) =>
        one.status === 'rejected' ? [messageOf(one.reason)] : [],
      );
      return { reachable: options.urls.length - errors.length, errors };
    },
  };
}

/** Others may wait for the same read: it goes on without whoever gives up. */
function unlessAborted<T>(signal: AbortSignal | undefined, read: Promise<T>): Promise<T> {
  if (signal === undefined) return read;
  return new Promise<T>((resolve, reject) => {
    const give = (): void =>
      reject(new ActionError('the request to Alertmanager was aborted', 'aborted', true, signal.reason));
    // Many that wait under one signal are no leak: each takes its listener away again.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', give, { once: true });
    if (signal.aborted) give();
    read.then(resolve, reject).finally(() => signal.removeEventListener('abort', give));
  });
}

/** A matcher's value, quoted as both of Alertmanager's parsers read it. */
const quoted = (value: string): string =>
  `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

/** One entry per fingerprint. What a peer has not processed yet is not suppressed. */
function merged(told: readonly Told[]): ListedAlert[] {
  const alerts = new Map<string, ListedAlert>();
  for (const alert of told) {
    const other = alerts.get(alert.fingerprint);
    const active = alert.status.state !== 'suppressed' || other?.state === 'active';
    alerts.set(alert.fingerprint, {
      fingerprint: alert.fingerprint,
      labels: alert.labels,
      annotations: alert.annotations,
      startsAt: Math.min(alert.startsAt, other?.startsAt ?? Infinity),
      ...(alert.generatorURL === undefined ? {} : { generatorURL: alert.generatorURL }),
      state: active ? 'active' : 'suppressed',
      suppressedBy: active ? [] : union(other?.suppressedBy, reasonsOf(alert)),
      receivers: union(
        other?.receivers,
        alert.receivers.map((receiver) => receiver.name),
      ),
    });
  }
  return [...alerts.values()];
}

const reasonsOf = ({ status }: Told): string[] => [
  ...(status.silencedBy ?? []).map((id) => `silence ${id}`),
  ...(status.inhibitedBy ?? []).map((id) => `inhibited by ${id}`),
  ...(status.mutedBy ?? []).map((name) => `muted by ${name}`),
];

const union = (first: readonly string[] | undefined, second: readonly string[]): string[] => [
  ...new Set([...(first ?? []), ...second]),
];
