import { PassThrough } from 'node:stream';
import { Exec, KubeConfig, type V1Status } from '@kubernetes/client-node';

/** Runs a line of shell in the container `app` of a pod; rejects when it does not end well. */
export async function inPod(kubeconfig: string, pod: { namespace: string; name: string }, line: string): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const { namespace, name } = pod;
  // The API wants one stream at least.
  const said = new PassThrough().resume();
  const status = await new Promise<V1Status>((resolve, reject) => {
    new Exec(config)
      .exec(namespace, name, 'app', ['sh', '-c', line], null, said, null, false, resolve)
      .then((socket) => socket.on('error', reject), reject);
  });
  if (status.status !== 'Success') throw new Error(`${line} in ${name}: ${status.message ?? 'failed'}`);
}
