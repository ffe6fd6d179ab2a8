import express from 'express';
import type { Response, Router } from 'express';
import type { Memory } from '../domain/known-good.ts';
import { inShort, inFull } from './known-good-answer.ts';
import { refuse } from './refuse.ts';

/** What the paths about known-goods need. The functions are asked on each request. */
export interface KnownGoodDeps {
  readonly memory: Memory;
  /** How long a change is a suspect, ms. */
  blameMs(): number;
  /** ms since the epoch */
  now(): number;
}

/** How many are read from the memory at a time. */
const atOnce = 20;
/** How many candidates are named. */
const named = 10;

/**
 * `/api/v1/known-good` and `/api/v1/known-good/TARGET`, to read only, behind the login of the API. TARGET is a key or the
 * end of one (`deployment/web`). Values are without their secrets, and without those of environment variables. Undefined:
 * nothing is watched here.
 */
export function knownGoodApi(deps: KnownGoodDeps | undefined): Router {
  const router = express.Router();
  if (deps === undefined) {
    router.get('/{*target}', (_req, res) => refuse(res, 404, 'Nothing is watched here, so nothing is remembered.'));
    return router;
  }
  const { memory } = deps;
  const moment = () => ({ now: deps.now(), blameMs: deps.blameMs() });
  router.get('/', async (_req, res) => {
    const keys = [...(await memory.targets())].toSorted();
    const targets = [];
    for (let from = 0; from < keys.length; from += atOnce) {
      const some = await Promise.all(keys.slice(from, from + atOnce).map((key) => memory.remembered(key)));
      for (const one of some) if (one) targets.push(inShort(one, moment()));
    }
    return void res.json({ targets });
  });
  router.get('/*target', async (req, res) => {
    const word = req.params.target.join('/');
    const keys = await memory.targets();
    const found = keys.includes(word) ? [word] : keys.filter((key) => key.endsWith(`/${word}`)).toSorted();
    const [key, ...more] = found;
    if (key === undefined) return unknown(res, word);
    if (more.length > 0) {
      const rest = found.length > named ? `, and ${found.length - named} more` : '';
      const all = `${found.slice(0, named).join(', ')}${rest}`;
      return refuse(res, 409, `${JSON.stringify(word)} can be any of ${found.length}: ${all}. Say more of it.`);
    }
    const remembered = await memory.remembered(key);
    if (remembered === undefined) return unknown(res, word);
    return void res.json(await inFull(remembered, { ...deps, ...moment() }));
  });
  return router;
}

const unknown = (res: Response, word: string): void =>
  refuse(
    res,
    404,
    `Nothing is remembered of ${JSON.stringify(word)}: no such target is watched. paramedic known-good list names those that are.`,
  );
