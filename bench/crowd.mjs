import { setTimeout as sleep } from 'node:timers/promises';

const label = 'paramedic-bench';
const wide = 13;
const podsOfWide = 39;
const abreast = 24;
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
/** What the hash of a template is written with. */
const hashAlphabet = '456789bcdf';

/** A word of Kubernetes' own letters that is another one for each number. */
function word(number, length, letters = alphabet) {
  let rest = (number * 7_368_787 + 1_234_567) % letters.length ** length;
  return Array.from({ length }, () => {
    const letter = letters[rest % letters.length];
    rest = Math.floor(rest / letters.length);
    return letter;
  }).join('');
}

/** A template of the size that a chart makes: one container with a sidecar, probes, some environment and volumes. */
function template(app, labels) {
  const container = (name) => ({
    name,
    image: `registry.example/shop/${name}:2026.11.22-1f2e3d4c`,
    env: Array.from({ length: 12 }, (_, i) => ({ name: `SETTING_${i}`, value: `value ${i} of ${app} in production` })),
    ports: [{ name: 'http', containerPort: 8080 }],
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '128Mi' } },
    readinessProbe: { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 5 },
    livenessProbe: { httpGet: { path: '/live', port: 'http' }, periodSeconds: 10 },
    volumeMounts: [{ name: 'scratch', mountPath: '/var/scratch' }],
  });
  return {
    metadata: { labels, annotations: { 'checksum/config': word(app.length, 40), 'prometheus.io/scrape': 'true' } },
    spec: {
      // Nobody schedules them: they are objects and stay objects.
      schedulerName: 'nobody',
      containers: [container('app'), container('proxy')],
      volumes: [{ name: 'scratch', emptyDir: {} }],
    },
  };
}

/** A plan of who there is to be: `namespaces` of them share `deployments`, of which some have many pods. */
function people({ name, namespaces, deployments, pods }) {
  const rest = deployments - wide;
  const podsOfRest = pods - wide * podsOfWide;
  const few = Math.floor(podsOfRest / rest);
  return Array.from({ length: deployments }, (_, i) => ({
    app: `shop-app-${i}`,
    namespace: `${label}-${name}-${i % namespaces}`,
    hash: `7d${word(i, 8, hashAlphabet)}`,
    wide: i < wide,
    pods: i < wide ? podsOfWide : few + (i - wide < podsOfRest - few * rest ? 1 : 0),
  }));
}

const owner = (kind, { metadata }) => ({
  apiVersion: 'apps/v1',
  kind,
  name: metadata.name,
  uid: metadata.uid,
  controller: true,
  blockOwnerDeletion: true,
});

async function each(items, work) {
  const left = items.values();
  const workers = Array.from({ length: abreast }, async () => {
    for (const item of left) await work(item);
  });
  await Promise.all(workers);
}

async function listed(api, path) {
  const items = [];
  for (let more = ''; ;) {
    const page = await api.send('GET', `${path}?limit=500${more && `&continue=${encodeURIComponent(more)}`}`);
    items.push(...page.items);
    more = page.metadata.continue ?? '';
    if (more === '') return items;
  }
}

/**
 * Makes them, unless they are there from an earlier run, and answers `{people, made}`: each Deployment with its pods'
 * names. The Deployments are paused, and their ReplicaSets and pods made here: of themselves they would take ten minutes,
 * since Kubernetes' controllers do 20 things a second.
 */
export async function makeCrowd(api, options) {
  const all = people(options);
  const namespaces = [...new Set(all.map(({ namespace }) => namespace))];
  const base = (group, { namespace }, plural) => `/${group}/namespaces/${namespace}/${plural}`;
  const conflict = [409];
  for (const namespace of namespaces) {
    const metadata = { name: namespace, labels: { [label]: 'crowd' } };
    await api.send('POST', '/api/v1/namespaces', { metadata }, conflict);
  }
  const there = async () => {
    const pods = new Map();
    for (const namespace of namespaces) {
      for (const { metadata } of await listed(api, `/api/v1/namespaces/${namespace}/pods`)) {
        const key = `${namespace}/${metadata.labels.app}`;
        pods.set(key, [...(pods.get(key) ?? []), metadata.name]);
      }
    }
    return all.map((one) => ({ ...one, names: pods.get(`${one.namespace}/${one.app}`) ?? [] }));
  };
  const complete = (now) => now.every(({ names, pods }) => names.length === pods);
  const before = await there();
  if (complete(before)) return { people: before, made: 0 };

  await each(
    before.filter(({ names, pods }) => names.length !== pods),
    async (one) => {
      const { app, namespace, hash, names } = one;
      const own = { app, 'app.kubernetes.io/managed-by': label, 'topology.example/zone': `zone-${namespace.at(-1)}` };
      const labels = { ...own, 'pod-template-hash': hash };
      const replicas = one.pods;
      const selector = { matchLabels: { app } };
      const deployment = await api.send(
        'POST',
        base('apis/apps/v1', one, 'deployments'),
        {
          metadata: { name: app, labels: own },
          spec: { replicas, paused: true, selector, template: template(app, own) },
        },
        conflict,
      );
      if (deployment.metadata.uid === undefined) return;
      const replicaSet = await api.send('POST', base('apis/apps/v1', one, 'replicasets'), {
        metadata: { name: `${app}-${hash}`, labels, ownerReferences: [owner('Deployment', deployment)] },
        spec: { replicas, selector: { matchLabels: labels }, template: template(app, labels) },
      });
      const { metadata, spec } = template(app, labels);
      for (let i = names.length; i < replicas; i += 1) {
        const name = `${app}-${hash}-${word(i, 5)}`;
        const pod = { metadata: { ...metadata, name, ownerReferences: [owner('ReplicaSet', replicaSet)] }, spec };
        await api.send('POST', base('api/v1', one, 'pods'), pod, conflict);
      }
    },
  );
  // A ReplicaSet that was looked at before its pods were there has made some of its own, and takes others away again.
  for (let tries = 0; tries < 120; tries += 1) {
    const now = await there();
    if (complete(now)) return { people: now, made: options.pods };
    await sleep(5_000);
  }
  throw new Error('the ReplicaSets do not come to rest');
}

/** Its namespaces go away, some time; what is in them with them. */
export async function removeCrowds(api) {
  const { items } = await api.send('GET', `/api/v1/namespaces?labelSelector=${label}%3Dcrowd`);
  for (const { metadata } of items) await api.send('DELETE', `/api/v1/namespaces/${metadata.name}`);
}
