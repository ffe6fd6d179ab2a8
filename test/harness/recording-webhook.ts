import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const body = z.looseObject({
  alerts: z.array(
    z.looseObject({
      status: z.enum(['firing', 'resolved']),
      labels: z.record(z.string(), z.string()),
      annotations: z.record(z.string(), z.string()),
      startsAt: z.string(),
      fingerprint: z.string(),
    }),
  ),
});

/** One request of Alertmanager, as it came. */
export interface Delivery {
  /** ms since the epoch */
  readonly at: number;
  readonly body: z.infer<typeof body>;
  /** What the webhook behind answered; 200 when there is none. */
  readonly answered: number;
}
export type DeliveredAlert = Delivery['body']['alerts'][number] & { readonly deliveredAt: number };

/** Stands before a webhook and keeps what is sent to it. */
export interface RecordingWebhook {
  readonly url: string;
  readonly deliveries: readonly Delivery[];
  /** Those of all deliveries. */
  readonly alerts: readonly DeliveredAlert[];
  /** The first alert, past or future, that passes. */
  next(test: (alert: DeliveredAlert) => boolean): Promise<DeliveredAlert>;
  /** The first firing alert, past or future, that passes. */
  fired(test: (alert: DeliveredAlert) => boolean): Promise<DeliveredAlert>;
  stop(): Promise<void>;
}

/** `behind` gets each request with its headers, and its answer is given back; absent: each is answered by 200. */
export async function startRecordingWebhook(behind?: string): Promise<RecordingWebhook> {
  const deliveries: Delivery[] = [];
  const alerts: DeliveredAlert[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    const take = async () => {
      const at = Date.now();
      const sent = await text(request);
      const { authorization = '' } = request.headers;
      const headers = { 'content-type': 'application/json', ...(authorization !== '' && { authorization }) };
      const answer = behind === undefined ? undefined : await fetch(behind, { method: 'POST', body: sent, headers });
      const answered = answer?.status ?? 200;
      const delivery = { at, body: body.parse(JSON.parse(sent)), answered };
      deliveries.push(delivery);
      alerts.push(...delivery.body.alerts.map((alert) => ({ ...alert, deliveredAt: at })));
      response.writeHead(answered).end(await answer?.text());
      for (const look of waiting) look();
    };
    // Alertmanager tries again what is answered by 500, and the test that waits for it names what it waits for.
    take().catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  const next = (test: (alert: DeliveredAlert) => boolean): Promise<DeliveredAlert> =>
    new Promise((resolve) => {
      const look = () => {
        const found = alerts.find(test);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return {
    url: `http://127.0.0.1:${address.port}/`,
    deliveries,
    alerts,
    next,
    fired: (test) => next((alert) => alert.status === 'firing' && test(alert)),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
