import type { RequestHandler } from 'express';
import { refuse } from './refuse.ts';

/**
 * Refuses what another site makes a logged-in browser send. Reads pass. Browsers tell the site in `Sec-Fetch-Site`, but
 * only to https and localhost: without it the host of `Origin` has to be ours, as in `Host` or in the external URL.
 */
export function sameOrigin(externalUrl?: string): RequestHandler {
  const externalHost = externalUrl === undefined ? undefined : hostOf(externalUrl);
  return (req, res, next) => {
    if (req.method === 'GET' || req.method === 'HEAD') return next();
    const site = req.headers['sec-fetch-site'];
    if (site !== undefined) {
      if (site === 'same-origin') return next();
      return refuse(res, 403, 'This request comes from another site, so it is refused.');
    }
    const { origin, host } = req.headers;
    const from = origin === undefined ? undefined : hostOf(origin);
    // Read under the same scheme, so that a default port that only one of them spells out does not matter.
    const self = hostOf(`${origin?.split(':')[0]}://${host}`);
    if (from !== undefined && (from === self || from === externalHost)) return next();
    const ours = `\`Origin: http://${host ?? 'this-host'}\``;
    return refuse(res, 403, `Nothing tells that this request comes from our own pages: send the header ${ours}.`);
  };
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}
