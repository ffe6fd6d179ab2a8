import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const delivery = z.object({
  alerts: z.array(
    z.object({
      status: z.enum(['firing', 'resolved']),
      labels: z.record(z.string(), z.string()),
      annotations: z.record(z.string(), z.string()),
    }),
  ),
});
export type ReceivedAlert = z.infer<typeof delivery>['alerts'][number];

/** A webhook that keeps what Alertmanager sends it. */
export interface Receiver {
  readonly url: string;
  readonly alerts: readonly ReceivedAlert[];
  /** The first alert, past or future, that passes. */
  next(test: (alert: ReceivedAlert) => boolean): Promise<ReceivedAlert>;
  stop(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const alerts: ReceivedAlert[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    const take = async () => {
      alerts.push(...delivery.parse(JSON.parse(await text(request))).alerts);
      response.end();
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
  return {
    url: `http://127.0.0.1:${address.port}/`,
    alerts,
    next: (test) =>
      new Promise((resolve) => {
        const look = () => {
          const found = alerts.find(test);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
