// One of the servers of ingest.mjs, in a process of its own: node ingest-server.mjs KIND SOCKET DIST
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import express from 'express';
import { Redis } from 'ioredis';

const [kind, path, dist] = process.argv.slice(2);
const producer = {
  path,
  enableOfflineQueue: false,
  commandTimeout: 1500,
  maxRetriesPerRequest: 1,
  retryStrategy: (times) => Math.min(100 * times, 2000),
};
const redis = new Redis({ ...producer, lazyConnect: true });
await redis.connect();
const push = (body) => redis.rpush('bodies', body);

/** Express reads the body and pushes it to a list: unread with `raw`, parsed for nothing with `json`. */
function ceiling(reader) {
  const app = express();
  app.post('/webhook', reader, async (req, res) => {
    await push(req.raw ?? req.body);
    res.status(202).end();
  });
  return app;
}
const raw = express.raw({ type: () => true, limit: '10mb' });
const json = express.json({ limit: '10mb', verify: (req, _res, body) => void (req.raw = body) });

const load = (file) => import(pathToFileURL(join(dist, file)).href);

/** Ours, with the way a delivery is stored left open. */
async function paramedic(accept) {
  const { createApp } = await load('http/server.js');
  const { Secret } = await load('config/config.js');
  return createApp({
    accept,
    ready: () => ({ ok: true, reason: '' }),
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    reload: async () => ({ ok: true, reason: '' }),
    webhookAuth: () => ({ bearer: new Secret('bench'), insecureNoAuth: false }),
    uiAuth: () => ({ username: 'bench', password: new Secret('bench') }),
    queues: [],
    log: (message) => console.error(message),
  });
}

async function openQueue() {
  const queue = new Queue('inbox', { connection: producer });
  await queue.waitUntilReady();
  return queue;
}

const KINDS = {
  ceiling: () => ceiling(raw),
  'parsing-ceiling': () => ceiling(json),
  /** One BullMQ job that holds the delivery. */
  job: async () => {
    const queue = await openQueue();
    return paramedic(async (delivery) => void (await queue.add('delivery', delivery, { removeOnComplete: true })));
  },
  /** What Paramedic does: the bytes in its inbox, and a job that says "look" when the inbox was empty. */
  ours: async () => {
    const { createInbox } = await load('queue/inbox.js');
    const { createInboxList } = await load('store/inbox-list.js');
    const { workerConnection } = await load('queue/connection.js');
    const connection = workerConnection({ socket: path });
    const inbox = createInbox(createInboxList(redis, connection), redis, connection, 'bench', (error) =>
      console.error(error),
    );
    return paramedic(({ receivedAt }, body) => inbox.accept(body, receivedAt));
  },
  /** What is left of "ours" when the job costs nothing. */
  list: () => paramedic(async (_delivery, body) => void (await push(body))),
};

const app = await KINDS[kind]();
const server = app.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('message', () => process.send(process.cpuUsage()));
process.on('disconnect', () => process.exit(0));
