import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { type FaultProxy, startFaultProxy, type WireRequest } from './fault-proxy.ts';

/** A proxy in front of a cluster's API. Whoever comes with its kubeconfig is who the given kubeconfig says. */
export interface KubeProxy extends FaultProxy {
  /** Path of a kubeconfig whose server is the proxy, over plain HTTP. */
  readonly kubeconfig: string;
  /** From now on every write, or every one that is so, is answered 200 with an empty object, and not forwarded; `false` ends it. */
  swallow(which?: boolean | ((request: WireRequest) => boolean)): void;
}

const kubeconfigShape = z.object({
  clusters: z.tuple([z.object({ cluster: z.object({ server: z.url(), 'certificate-authority-data': z.string() }) })]),
  users: z.tuple([
    z.object({
      user: z.object({
        token: z.string().optional(),
        'client-certificate-data': z.string().optional(),
        'client-key-data': z.string().optional(),
      }),
    }),
  ]),
});
const pem = (base64: string | undefined) => (base64 === undefined ? undefined : Buffer.from(base64, 'base64'));
const emptyAnswer = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}';

/** Starts one in front of the only cluster of a kubeconfig, as its only user. */
export async function startKubeProxy(kubeconfig: string): Promise<KubeProxy> {
  const read: unknown = parse(await readFile(kubeconfig, 'utf8'));
  const {
    clusters: [{ cluster }],
    users: [{ user }],
  } = kubeconfigShape.parse(read);
  const { hostname: host, port } = new URL(cluster.server);
  let swallows: (request: WireRequest) => boolean = () => false;
  const proxy = await startFaultProxy({
    listen: { port: 0, host: '127.0.0.1' },
    dial: () =>
      connect({
        host,
        port: Number(port || 443),
        ca: pem(cluster['certificate-authority-data']),
        cert: pem(user['client-certificate-data']),
        key: pem(user['client-key-data']),
        ALPNProtocols: ['http/1.1'],
      }),
    swallow: (request) => (request.mutating && swallows(request) ? emptyAnswer : undefined),
  });
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-kube-proxy-'));
  const path = join(dir, 'kubeconfig');
  const through = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'proxy',
    contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'proxy' } }],
    clusters: [{ name: 'proxy', cluster: { server: `http://127.0.0.1:${proxy.port}` } }],
    users: [{ name: 'proxy', user: user.token === undefined ? {} : { token: user.token } }],
  };
  await writeFile(path, stringify(through), { mode: 0o600 });
  return {
    ...proxy,
    kubeconfig: path,
    swallow(which = true) {
      swallows = typeof which === 'function' ? which : () => which;
    },
    async close() {
      await proxy.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
