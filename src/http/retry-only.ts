import type { RequestHandler, Response } from 'express';
import type { BoardQueue } from './deps.ts';
import { refuse } from './refuse.ts';

const ALL_FAILED = /^\/api\/queues\/[^/]+\/retry\/failed$/;
const ONE_JOB = /^\/api\/queues\/([^/]+)\/([^/]+)\/retry$/;

/**
 * Of all that the queue UI can change (add, edit, clean, pause, promote, obliterate, …) lets only the retry of failed
 * jobs through. An allow-list: what a later version of it adds is refused too.
 */
export function retryOnly(queues: readonly BoardQueue[]): RequestHandler {
  const byName = new Map(queues.map((queue) => [queue.name, queue]));
  return async (req, res, next) => {
    if (req.method === 'GET' || req.method === 'HEAD') return next();
    if (req.method === 'PUT' && ALL_FAILED.test(req.path)) return next();
    const job = req.method === 'PUT' ? ONE_JOB.exec(req.path) : null;
    if (job === null) return notAllowed(res, 'Here failed jobs can be looked at and retried, nothing else.');
    const [queueName, jobId] = job.slice(1).map((segment) => decodeURIComponent(segment));
    const found = await byName.get(queueName ?? '')?.getJob(jobId ?? '');
    if (found === undefined) return refuse(res, 404, 'There is no such job (any more).');
    const state = await found.getState();
    if (state !== 'failed') return notAllowed(res, `Only a failed job can be retried; this one is ${state}.`);
    return next();
  };
}

function notAllowed(res: Response, sentence: string): void {
  res.setHeader('Allow', 'GET, HEAD');
  refuse(res, 405, sentence);
}
