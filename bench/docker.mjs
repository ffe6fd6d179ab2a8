import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** The engine's API over its unix socket. Resolves with the parsed answer; rejects above 399. */
export async function engine(socketPath, method, path, body) {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const req = request({ socketPath, method, path, headers });
  req.end(body === undefined ? undefined : JSON.stringify(body));
  const [res] = await once(req, 'response');
  const answer = await text(res);
  if (res.statusCode >= 400) throw new Error(`${method} ${path}: ${res.statusCode} ${answer}`);
  return answer.startsWith('{') || answer.startsWith('[') ? JSON.parse(answer) : answer;
}

/** Makes the image, once: busybox, from the Debian package busybox-static. */
export async function makeImage(socketPath, tag) {
  const found = await engine(socketPath, 'GET', `/images/${encodeURIComponent(tag)}/json`).catch(() => undefined);
  if (found !== undefined) return;
  const [repo, version] = tag.split(':');
  const tar = spawn('tar', ['-c', '--dereference', '-C', '/', 'bin/busybox'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const req = request({ socketPath, method: 'POST', path: `/images/create?fromSrc=-&repo=${repo}&tag=${version}` });
  tar.stdout.pipe(req);
  const [res] = await once(req, 'response');
  await text(res);
}

/** A proxy in front of the engine's socket that tells of every request that changes something, when its head came in. */
export async function proxy(socketPath, listenPath, onChange) {
  const server = createServer((req, res) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') onChange(req.method, req.url, performance.now());
    const on = request({ socketPath, method: req.method, path: req.url, headers: req.headers }, (answer) => {
      res.writeHead(answer.statusCode, answer.headers);
      res.flushHeaders();
      answer.pipe(res);
      answer.on('error', () => res.destroy());
    });
    on.on('error', () => res.destroy());
    res.on('close', () => on.destroy());
    req.pipe(on);
  });
  server.listen(listenPath);
  await once(server, 'listening');
  return { close: () => (server.closeAllConnections(), server.close()) };
}
