// What known-good.mjs has beside a watch: node watch-bare.mjs DIST. It lists all kinds that are watched, says how long that
// took and what came, {ms, mb}, and goes on to watch them; it looks at nothing.
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { kubeApi } from './kube.mjs';

const [, , dist] = process.argv;
const load = (path) => import(pathToFileURL(join(dist, path)).href);
const { watchedKinds } = await load('known-good/content/kinds.js');
const { pathOf } = await load('clients/kubernetes-paths.js');
const resources = [...watchedKinds.map(({ resource }) => resource), 'pods'];

/** With an agent for each: a watch keeps its connection, and they would run out. */
async function opened(path) {
  const api = await kubeApi();
  const req = api.open('GET', path, { accept: 'application/json' });
  req.end();
  const [res] = await once(req, 'response');
  return res;
}

let bytes = 0;
const begun = performance.now();
const lists = await Promise.all(
  resources.map(async (resource) => {
    const path = pathOf({ verb: 'list', resource, namespace: '' });
    let head = '';
    for await (const chunk of await opened(`${path}?resourceVersion=0`)) {
      bytes += chunk.length;
      if (head.length < 500) head += chunk.toString('latin1');
    }
    return { path, version: /"resourceVersion":"(\d+)"/.exec(head)[1] };
  }),
);
process.send({ ms: performance.now() - begun, mb: bytes / 2 ** 20 });
for (const { path, version } of lists) {
  const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=7200&resourceVersion=${version}`;
  void opened(`${path}?${query}`).then((res) => res.resume());
}
process.on('disconnect', () => process.exit(0));
