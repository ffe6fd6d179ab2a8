import type { RequestHandler } from 'express';
import type { HttpDeps } from './deps.ts';
import { refuse } from './refuse.ts';

const reads = (method: string): boolean => method === 'GET' || method === 'HEAD';

/** Lets through while Redis answers. Else 503, and nothing is sent to it that could be done when it is there again. */
export function withRedis({ redis }: Pick<HttpDeps, 'redis'>): RequestHandler {
  return async ({ method }, res, next) => {
    if (await redis.answers()) return next();
    return refuse(res, 503, reads(method) ? unread : notDone, { 'Retry-After': '5' });
  };
}

const unread = 'Redis does not answer, and what is asked for is in there: ask again when it does.';
const notDone =
  'Redis does not answer: nothing was done, and nothing of it will be done later. Say it again when Redis answers.';

/** What is to be said when Redis fell silent in the middle of a request. */
export const fellSilent = (method: string): string =>
  reads(method)
    ? unread
    : 'Redis fell silent before this was done: it may be done all the same, or a part of it. Look before you say it again: paramedic audit, recoveries list, backups list, brakes.';
