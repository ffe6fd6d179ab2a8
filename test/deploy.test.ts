import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { rbacFiles } from '../src/cli/rbac.ts';
import { parseConfig } from '../src/config/parse-config.ts';

const place = new URL('../deploy/', import.meta.url).pathname;
const read = (name: string): string => readFileSync(`${place}${name}`, 'utf8');

const labels = z.record(z.string(), z.string());
const securityContext = z.object({
  allowPrivilegeEscalation: z.literal(false),
  readOnlyRootFilesystem: z.literal(true),
});
const probe = z.object({ httpGet: z.object({ path: z.string() }).optional() });
const container = z.object({
  name: z.string(),
  args: z.array(z.string()),
  ports: z.array(z.object({ containerPort: z.number() })),
  resources: z.object({ requests: labels, limits: labels }),
  securityContext,
  startupProbe: probe.optional(),
  livenessProbe: probe,
  readinessProbe: probe,
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().optional() })),
});
const template = z.object({
  metadata: z.object({ labels }),
  spec: z.object({
    serviceAccountName: z.string().optional(),
    automountServiceAccountToken: z.boolean(),
    securityContext: z.object({ runAsNonRoot: z.literal(true), runAsUser: z.number().min(1) }),
    containers: z.array(container).length(1),
    volumes: z.array(z.unknown()).default([]),
  }),
});
const workload = z.object({
  replicas: z.literal(1),
  strategy: z.object({ type: z.string() }).optional(),
  selector: z.object({ matchLabels: labels }),
  template,
});
const object = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().optional(), labels }),
  spec: z.unknown().optional(),
  data: labels.optional(),
});

const objects = parseAllDocuments(read('kubernetes.yaml')).map((one) => {
  expect(one.errors).toEqual([]);
  return object.parse(one.toJS());
});
const find = (kind: string, name = 'paramedic') => {
  const found = objects.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
};
const paramedic = workload.parse(find('Deployment').spec);
const redis = workload.parse(find('StatefulSet', 'paramedic-redis').spec);
const [ours] = paramedic.template.spec.containers;

describe('deploy/kubernetes.yaml', () => {
  it('marks all of its objects and pods as ours, so that none of them is ever acted on', () => {
    const pods = [paramedic.template, redis.template];
    for (const { metadata } of [...objects, ...pods])
      expect(metadata.labels['app.kubernetes.io/part-of']).toBe('paramedic');
    for (const { metadata } of objects.filter(({ kind }) => kind !== 'Namespace'))
      expect(metadata.namespace).toBe('paramedic');
    for (const { selector, template: of } of [paramedic, redis])
      expect(of.metadata.labels).toMatchObject(selector.matchLabels);
  });

  it('runs as the ServiceAccount that every file of deploy/rbac gives its rights to', () => {
    const { metadata } = find('ServiceAccount');
    expect(paramedic.template.spec).toMatchObject({
      serviceAccountName: metadata.name,
      automountServiceAccountToken: true,
    });
    expect(redis.template.spec.automountServiceAccountToken).toBe(false);
    const subjects = [{ kind: 'ServiceAccount', name: metadata.name, namespace: metadata.namespace }];
    for (const text of Object.values(rbacFiles())) {
      const [role, binding] = parseAllDocuments(text);
      expect(binding?.toJS()).toMatchObject({ roleRef: { name: role?.getIn(['metadata', 'name']) }, subjects });
    }
  });

  it('holds a configuration that loads, and the paths and names in it are those of the manifest', () => {
    const [folder, name] = ['/etc/paramedic', 'paramedic.yml'];
    const token = ours?.volumeMounts.find((one) => one.name === 'webhook');
    const config = parseConfig(find('ConfigMap').data?.[name] ?? '', {
      file: `${folder}/${name}`,
      env: { KUBERNETES_SERVICE_HOST: '10.0.0.1' },
      readFile: (path) => (path === `${token?.mountPath}/token` ? 'a-token' : ''),
      exists: (path) => path.startsWith('/var/run/secrets/kubernetes.io/'),
    });
    expect(config.webhook.bearer?.reveal()).toBe('a-token');
    expect(config).toMatchObject({ mode: 'observe', kubernetes: [{ name: 'local', isDefault: true }] });
    expect(config.kubernetes[0]?.kubeconfig).toBeUndefined();
    expect(ours?.args).toEqual(['serve', '--config', `${folder}/${name}`]);
    expect(ours?.ports.map(({ containerPort }) => containerPort)).toEqual([config.listen.port]);
    const service = find('Service', 'paramedic-redis').metadata;
    expect(config.redis?.url.reveal()).toBe(`redis://${service.name}.${service.namespace}:6379`);
    const mounts = Object.fromEntries(
      (ours?.volumeMounts ?? []).map(({ name: volume, mountPath }) => [volume, mountPath]),
    );
    expect(mounts).toEqual({ config: folder, webhook: token?.mountPath, data: config.dataDir, tmp: '/tmp' });
    // Nobody's token is in the repository: how it is made is said at the top.
    expect(paramedic.template.spec.volumes).toContainEqual({
      name: 'webhook',
      secret: { secretName: 'paramedic-webhook' },
    });
    expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    expect(read('kubernetes.yaml')).toContain('create secret generic paramedic-webhook --from-file=token=');
  });

  it('asks for health where we answer it', () => {
    const served = readFileSync(new URL('../src/http/server.ts', import.meta.url), 'utf8');
    const paths = [ours?.startupProbe, ours?.livenessProbe, ours?.readinessProbe].map((one) => one?.httpGet?.path);
    expect(paths).toEqual(['/-/healthy', '/-/healthy', '/-/ready']);
    for (const path of paths) expect(served).toContain(`app.get('${path}'`);
  });

  it('never runs two of us, and keeps what Redis has acknowledged', () => {
    expect(paramedic.strategy).toEqual({ type: 'Recreate' });
    const args = redis.template.spec.containers[0]?.args.join(' ');
    expect(args).toContain('--appendonly yes');
    expect(args).toContain('--maxmemory-policy noeviction');
  });
});

describe('deploy/Dockerfile', () => {
  it('copies what is there, and is not root', () => {
    const lines = read('Dockerfile').split('\n');
    const copied = lines.flatMap((line) => /^COPY (?!--from)(.*) \S+$/.exec(line)?.[1]?.split(' ') ?? []);
    expect(copied.length).toBeGreaterThan(5);
    expect(copied.filter((path) => !existsSync(new URL(`../${path}`, import.meta.url)))).toEqual([]);
    const user = lines.find((line) => line.startsWith('USER '));
    expect(user).toBe(`USER ${paramedic.template.spec.securityContext.runAsUser}:1000`);
  });
});
