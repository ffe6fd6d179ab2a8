import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Agent as HttpAgent, createServer, request as httpRequest } from 'node:http';
import { Agent, request } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';

/** The API of the cluster that KUBECONFIG names, as its user. */
export async function kubeApi() {
  const access = new KubeConfig();
  access.loadFromDefault();
  const server = new URL(access.getCurrentCluster().server);
  const options = { headers: {} };
  await access.applyToHTTPSOptions(options);
  const agent = new Agent({ ...options, keepAlive: true, maxSockets: 16 });
  /** One request as it is; `headers` beside the credentials. */
  const open = (method, path, headers = {}) =>
    request({
      agent,
      method,
      path: server.pathname.replace(/\/$/, '') + path,
      hostname: server.hostname,
      port: server.port || 443,
      headers: { ...headers, ...options.headers },
    });
  return {
    open,
    /** Resolves with the parsed answer; rejects above 399, but for those in `fine`. */
    async send(method, path, body, fine = []) {
      const req = open(method, path, { accept: 'application/json', 'content-type': 'application/json' });
      req.end(body === undefined ? undefined : JSON.stringify(body));
      const [res] = await once(req, 'response');
      const chunks = [];
      for await (const chunk of res) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString('utf8');
      if (res.statusCode > 399 && !fine.includes(res.statusCode)) {
        throw new Error(`${method} ${path}: ${res.statusCode} ${text.slice(0, 300)}`);
      }
      return JSON.parse(text);
    },
    close: () => agent.destroy(),
  };
}

/**
 * A proxy in front of it that writes down every request: the API server's audit log is of writes only. `kubeconfig`,
 * a file it makes, leads to it.
 */
export async function countingProxy(api, kubeconfig) {
  const seen = [];
  const server = createServer((req, res) => {
    const one = { method: req.method, path: req.url, bytes: 0 };
    seen.push(one);
    const { host: _host, connection: _connection, ...headers } = req.headers;
    const on = api.open(req.method, req.url, headers);
    on.on('response', (answer) => {
      res.writeHead(answer.statusCode, answer.headers);
      answer.on('data', (chunk) => (one.bytes += chunk.length));
      answer.pipe(res);
      answer.on('error', () => res.destroy());
    });
    on.on('error', () => res.destroy());
    res.on('close', () => on.destroy());
    req.pipe(on);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  const named = (kind, name, of) => ({ [`${kind}s`]: [{ name, [kind]: of }] });
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'counted',
    ...named('cluster', 'counted', { server: `http://127.0.0.1:${port}` }),
    ...named('user', 'counted', {}),
    ...named('context', 'counted', { cluster: 'counted', user: 'counted' }),
  };
  await writeFile(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  return {
    port,
    kubeconfig,
    /** What was asked since the last call. */
    taken: () => seen.splice(0),
    close: () => (server.closeAllConnections(), server.close()),
  };
}

/** How long the same reads take when nobody looks at the answers, ms: 8 at a time, as the client has them. */
export async function bareReads(port, paths) {
  const agent = new HttpAgent({ keepAlive: true, maxSockets: 8 });
  const begun = performance.now();
  await Promise.all(
    paths.map(async (path) => {
      const req = httpRequest({ agent, port, host: '127.0.0.1', path, headers: { accept: 'application/json' } });
      req.end();
      const [res] = await once(req, 'response');
      await once(res.resume(), 'end');
    }),
  );
  agent.destroy();
  return performance.now() - begun;
}
