import { setTimeout as sleep } from 'node:timers/promises';

const replicas = 2;
const goodImage = 'e2e.local/app:v1';
const merge = 'application/strategic-merge-patch+json';

const container = {
  name: 'app',
  image: goodImage,
  command: ['sh', '-c', 'exec httpd -f -p 8080 -h /www'],
  readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1, failureThreshold: 1 },
};

const manifest = (name) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    // One pod gives its place to the new version before that has shown that it runs: a bad one costs something.
    strategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    // busybox as process 1 ignores TERM: a pod that is deleted would take 30 s.
    template: {
      metadata: { labels: { app: name } },
      spec: { terminationGracePeriodSeconds: 1, containers: [container] },
    },
  },
});

async function makeNamespace(call, name, signal) {
  await call('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  // A pod that comes before its namespace's default service account is refused, and tried again only later.
  for (let tries = 0; ; tries++) {
    const { items } = await call('GET', `/api/v1/namespaces/${name}/serviceaccounts`);
    if (items.length > 0) return;
    if (tries === 150) throw new Error(`namespace ${name} has no service account after 15 s`);
    await sleep(100, undefined, { signal });
  }
}

/** Starts a web server of two pods in a namespace of its own; resolves when both give their page. */
export async function startDeployment(call, { namespace, name, signal }) {
  await makeNamespace(call, namespace, signal);
  const all = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  const at = `${all}/${name}`;
  const podsAt = `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3D${name}`;

  /** `{available, image, settled, trouble}`: trouble is why a pod's container does not run, '' when each does. */
  async function state() {
    const [{ metadata, spec, status }, pods] = await Promise.all([call('GET', at), call('GET', podsAt)]);
    const waiting = pods.items.flatMap((pod) => pod.status.containerStatuses ?? []).map((one) => one.state.waiting);
    const seen = status.observedGeneration === metadata.generation;
    return {
      available: status.availableReplicas ?? 0,
      image: spec.template.spec.containers[0].image,
      settled: seen && status.updatedReplicas === replicas && status.replicas === replicas,
      trouble: waiting.find((one) => /^(ErrImagePull|ImagePullBackOff)$/.test(one?.reason))?.reason ?? '',
      writers: metadata.managedFields
        .filter((one) => one.fieldsV1?.['f:spec']?.['f:template'])
        .map((one) => one.manager),
    };
  }
  const isWell = ({ available, settled, image }) => settled && available === replicas && image === goodImage;

  await call('POST', `${all}?fieldManager=demo`, manifest(name));
  for (let tries = 0; !isWell(await state()); tries++) {
    if (tries === 300) throw new Error(`Deployment ${name} has no ${replicas} available pods after 60 s`);
    await sleep(200, undefined, { signal });
  }
  // Only now, for the first roll-out is not to count as stuck: nobody waits ten minutes until Kubernetes gives it up.
  await call('PATCH', `${at}?fieldManager=demo`, { spec: { progressDeadlineSeconds: 3 } }, merge);

  return {
    name,
    replicas,
    called: 'the Deployment',
    key: `/${namespace}/deployment/${name}`,
    state,
    isAbout: (labels) => labels.namespace === namespace && labels.deployment === name,
    words: async () => {
      const { available, image, trouble } = await state();
      return `has ${available} of ${replicas} pods and the image ${image}${trouble === '' ? '' : `, ${trouble}`}`;
    },
    setImage: (image) => {
      const template = { spec: { containers: [{ name: container.name, image }] } };
      return call('PATCH', `${at}?fieldManager=demo`, { spec: { template } }, merge);
    },
    /** The API server, asked when all is over: who has written the template says who cured it. */
    async witness() {
      return {
        async verdict(cure) {
          const now = await state();
          if (!isWell(now)) return { wrong: 'Paramedic says it has recovered, and the API server says it is not well' };
          if (!now.writers.includes(cure)) {
            return { wrong: `the API server knows of no template written by "${cure}": who cured it?` };
          }
          const pods = `${now.available} of ${replicas} pods available with ${now.image}`;
          return { agrees: `the API server agrees: ${pods}, template written by "${cure}"` };
        },
        close() {},
      };
    },
  };
}
