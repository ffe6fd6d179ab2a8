import { once } from 'node:events';

/** The Services that the crowd makes well, by number; their keys in the memory of cluster `bench`. */
export const serviceKey = (i) => `kubernetes/bench/${namespaceOf(i % namespaces)}/service/shop-${i % apps}`;
/** Whether the key of an object or a target is one of the crowd's. */
export const isOfCrowd = (key) => key.startsWith(`kubernetes/bench/${label}-known-`);
/** Workloads and Services; of the latter half of them are well. */
export const targetsOfCrowd = 3_000;

const base = {
  deployments: 'apis/apps/v1',
  networkpolicies: 'apis/networking.k8s.io/v1',
  roles: 'apis/rbac.authorization.k8s.io/v1',
  rolebindings: 'apis/rbac.authorization.k8s.io/v1',
};
const label = 'paramedic-bench';
const namespaces = 20;
const apps = 75;
const rolesIn = 5;
const accountsIn = 8;
const policiesIn = 5;

/** A word that is another one for each seed. */
const word = (seed) => (Math.imul(seed + 97, 2_654_435_761) >>> 0).toString(36).padStart(7, 'k');

/** Version `v` of app `n` in namespace number `ns`: of its texts a third is another one than in the version before. */
function ofApp(ns, n, v) {
  const app = `shop-${n}`;
  const labels = { app, tier: `tier-${n % policiesIn}`, 'app.kubernetes.io/managed-by': label };
  const text = (i) =>
    i % 3 === v % 3 ? `it was ${word(ns * 7919 + n * 104_729 + i * 31 + v * 65_537)}` : `stays ${i}`;
  const container = (name) => ({
    name,
    image: `registry.example/shop/${name}:2026.11.${v}-${word(n + v)}`,
    envFrom: [{ configMapRef: { name: app } }],
    env: [
      { name: 'UPSTREAM', value: `http://shop-${(n + 1) % apps}:8080` },
      ...Array.from({ length: 12 }, (_, i) => ({ name: `SETTING_${i}`, value: `${text(i)}, of ${app} in production` })),
    ],
    ports: [{ name: 'http', containerPort: 8080 }],
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: `${128 + v}Mi` } },
    readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 5 },
    livenessProbe: { httpGet: { path: '/live', port: 8080 }, periodSeconds: 10 },
    volumeMounts: [{ name: 'scratch', mountPath: '/var/scratch' }],
  });
  const template = {
    metadata: { labels, annotations: { 'checksum/config': word(n + v * 3), 'prometheus.io/scrape': 'true' } },
    spec: {
      serviceAccountName: `account-${n % accountsIn}`,
      containers: [container('app'), container('proxy')],
      volumes: [{ name: 'scratch', emptyDir: {} }],
    },
  };
  return {
    template,
    objects: [
      [
        'deployments',
        app,
        { metadata: { labels }, spec: { replicas: 0, paused: true, selector: { matchLabels: { app } }, template } },
      ],
      [
        'services',
        app,
        {
          metadata: { labels, annotations: { note: text(v) } },
          spec: { selector: { app }, ports: [{ name: 'http', port: 8080, targetPort: 8080 + v }] },
        },
      ],
      [
        'configmaps',
        app,
        {
          metadata: { labels },
          data: Object.fromEntries(
            Array.from({ length: 30 }, (_, i) => [`OPTION_${i}`, `${text(i)} among the options`]),
          ),
        },
      ],
    ],
  };
}

/** What a namespace has beside its apps. */
function ofNamespace(ns, v) {
  const namespace = namespaceOf(ns);
  const metadata = { annotations: { note: `it was ${word(ns + v)}` } };
  const several = (count, plural, name, make) =>
    Array.from({ length: count }, (_, i) => [plural, `${name}-${i}`, { metadata, ...make(i) }]);
  return [
    ['resourcequotas', 'quota', { metadata, spec: { hard: { pods: String(1000 + v) } } }],
    [
      'limitranges',
      'limits',
      { metadata, spec: { limits: [{ type: 'Container', max: { memory: `${4096 + v}Mi` } }] } },
    ],
    ...several(accountsIn, 'serviceaccounts', 'account', () => ({})),
    ...several(rolesIn, 'roles', 'role', (i) => ({
      rules: [
        { apiGroups: [''], resources: ['configmaps'], resourceNames: [`shop-${i}`, `shop-${v}`], verbs: ['get'] },
      ],
    })),
    ...several(rolesIn, 'rolebindings', 'role', (i) => ({
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: `role-${i}` },
      subjects: [{ kind: 'ServiceAccount', name: `account-${i}`, namespace }],
    })),
    ...several(policiesIn, 'networkpolicies', 'policy', (i) => ({
      spec: { podSelector: { matchLabels: { tier: `tier-${i}` } }, ingress: [{ ports: [{ port: 8080 + v }] }] },
    })),
  ];
}
const namespaceOf = (ns) => `${label}-known-${ns}`;
const pathIn = (ns, plural) => `/${base[plural] ?? 'api/v1'}/namespaces/${namespaceOf(ns)}/${plural}`;
const node = `${label}-node`;

/** Works on so many at a time. */
export async function each(items, work, abreast = 16) {
  const left = items.values();
  await Promise.all(
    Array.from({ length: abreast }, async () => {
      for (const item of left) await work(item);
    }),
  );
}

/** `[namespace, plural, name, object]` of all of them. */
const all = (v) =>
  [...Array(namespaces).keys()].flatMap((ns) => {
    const ofApps = [...Array(apps).keys()].flatMap((n) => ofApp(ns, n, v).objects);
    return [...ofNamespace(ns, v), ...ofApps].map((one) => [ns, ...one]);
  });

/** The 5,000 objects, 1,500 pods and their node in the cluster of this API, which stay until `remove`. */
export function knownCrowd(api) {
  let beat;
  async function patch(path, body) {
    const req = api.open('PATCH', path, { 'content-type': 'application/merge-patch+json', accept: 'application/json' });
    req.end(JSON.stringify(body));
    const [res] = await once(req, 'response');
    const chunks = [];
    for await (const chunk of res) chunks.push(chunk);
    if (res.statusCode > 299) throw new Error(`PATCH ${path}: ${res.statusCode} ${Buffer.concat(chunks).toString()}`);
  }
  const post = (path, body) => api.send('POST', path, body, [409]);

  /** A node without anything behind it, whose lease we renew. */
  async function makeNode() {
    await post('/api/v1/nodes', { metadata: { name: node }, spec: { taints: [{ key: label, effect: 'NoSchedule' }] } });
    const ready = {
      type: 'Ready',
      status: 'True',
      reason: 'KubeletReady',
      lastHeartbeatTime: new Date().toISOString(),
    };
    await patch(`/api/v1/nodes/${node}/status`, { status: { conditions: [ready] } });
    const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    const lease = () => ({
      spec: {
        holderIdentity: node,
        leaseDurationSeconds: 40,
        renewTime: new Date().toISOString().replace('Z', '000Z'),
      },
    });
    await post(leases, { metadata: { name: node }, ...lease() });
    beat = setInterval(() => void patch(`${leases}/${node}`, lease()).catch(() => undefined), 5_000);
  }
  async function makePod(ns, n) {
    const { metadata, spec } = ofApp(ns, n, 0).template;
    const name = `shop-${n}-pod`;
    await post(pathIn(ns, 'pods'), { metadata: { ...metadata, name }, spec: { ...spec, nodeName: node } });
    const at = new Date().toISOString().replace(/\.\d+/, '');
    const running = ({ name: of, image }) => ({
      name: of,
      ready: true,
      started: true,
      restartCount: 0,
      image,
      imageID: '',
      state: { running: { startedAt: at } },
    });
    await patch(`${pathIn(ns, 'pods')}/${name}/status`, {
      status: {
        phase: 'Running',
        podIP: `10.9.${ns}.${n + 1}`,
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: at }],
        containerStatuses: spec.containers.map(running),
      },
    });
  }

  return {
    async make() {
      await makeNode();
      for (let ns = 0; ns < namespaces; ns += 1)
        await post('/api/v1/namespaces', { metadata: { name: namespaceOf(ns), labels: { [label]: 'crowd' } } });
      await each(all(0), async ([ns, plural, name, object]) => {
        const metadata = { ...object.metadata, name };
        const { reason } = await post(pathIn(ns, plural), { ...object, metadata });
        if (reason === 'AlreadyExists') await patch(`${pathIn(ns, plural)}/${name}`, object);
      });
      const pods = Array.from({ length: namespaces * apps }, (_, i) => [i % namespaces, Math.floor(i / namespaces)]);
      await each(pods, ([ns, n]) => makePod(ns, n));
    },
    /** Version `v` of every object; by namespace, so that what one target depends on changes within a second or two. */
    writeAll: (v) => each(all(v), ([ns, plural, name, object]) => patch(`${pathIn(ns, plural)}/${name}`, object)),
    /** One write, the `i`th: by turns to a Deployment and to a ConfigMap. */
    async writeOne(i) {
      const [ns, n] = [i % namespaces, (i * 7) % apps];
      const [deployment, , configMap] = ofApp(ns, n, i).objects;
      /** @type {[string, string, object]} */
      const [plural, name, object] = (i + Math.floor(i / namespaces)) % 2 === 0 ? deployment : configMap;
      await patch(`${pathIn(ns, plural)}/${name}`, object);
    },
    /** It stays, and nobody speaks for its node any more. */
    leave: () => clearInterval(beat),
    async remove() {
      for (let ns = 0; ns < namespaces; ns += 1)
        await api.send('DELETE', `/api/v1/namespaces/${namespaceOf(ns)}`, undefined, [404]);
      await api.send('DELETE', `/api/v1/nodes/${node}`, undefined, [404]);
    },
  };
}
