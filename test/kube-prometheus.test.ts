import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { alertmanagerSnippet } from '../src/http/alertmanager-snippet.ts';

const root = new URL('../', import.meta.url).pathname;
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');

const object = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().optional(), labels: z.record(z.string(), z.string()) }),
  spec: z.unknown().optional(),
  data: z.record(z.string(), z.string()).optional(),
});
const objectsOf = (file: string) =>
  parseAllDocuments(read(`deploy/${file}`)).map((one) => {
    expect(one.errors).toEqual([]);
    return object.parse(one.toJS());
  });
const installed = objectsOf('kubernetes.yaml');
const joined = objectsOf('kube-prometheus.yaml');
const policies = objectsOf('kube-prometheus-network.yaml');
const find = (objects: typeof installed, kind: string, name = 'paramedic') => {
  const found = objects.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
};
const config = z
  .object({
    alertmanager: z.object({ urls: z.array(z.string()), receiver: z.string() }),
    prometheus: z.object({ url: z.string() }),
  })
  .parse(parse(find(installed, 'ConfigMap').data?.['paramedic.yml'] ?? ''));
const service = z
  .object({
    selector: z.record(z.string(), z.string()),
    ports: z.array(z.object({ name: z.string(), port: z.number() })),
  })
  .parse(find(installed, 'Service').spec);
const url = `http://paramedic.paramedic:${service.ports[0]?.port}/webhook`;

describe('deploy/kube-prometheus.yaml', () => {
  it('is ours, and beside us', () => {
    for (const { metadata } of joined) {
      expect(metadata.namespace).toBe('paramedic');
      expect(metadata.labels['app.kubernetes.io/part-of']).toBe('paramedic');
    }
  });

  it('loads every rule that is shipped, as it is', () => {
    const shipped = readdirSync(`${root}alert-rules`)
      .toSorted()
      .map((folder) => `alert-rules/${folder}/rules.yml`)
      .filter((path) => existsSync(`${root}${path}`))
      .flatMap((path) => z.object({ groups: z.array(z.unknown()) }).parse(parse(read(path))).groups);
    expect(JSON.stringify(shipped)).toContain('ParamedicDidNotRecover');
    expect(find(joined, 'PrometheusRule').spec).toEqual({ groups: shipped });
  });

  it('has us scraped as the job that the rules ask for, by no label that would name our pod as a victim', () => {
    const { selector, endpoints } = z
      .object({
        selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
        endpoints: z.tuple([
          z.object({
            port: z.string(),
            relabelings: z.tuple([z.object({ action: z.literal('labeldrop'), regex: z.string() })]),
          }),
        ]),
      })
      .parse(find(joined, 'ServiceMonitor').spec);
    const scraped = installed.filter(
      ({ kind, metadata }) =>
        kind === 'Service' &&
        Object.entries(selector.matchLabels).every(([name, value]) => metadata.labels[name] === value),
    );
    // Without a jobLabel the job is the Service's name.
    expect(scraped.map(({ metadata }) => metadata.name)).toEqual(['paramedic']);
    expect(read('alert-rules/paramedic-itself/rules.yml')).toContain('up{job="paramedic"}');
    expect(endpoints[0].port).toBe(service.ports[0]?.name);
    const dropped = new RegExp(`^(?:${endpoints[0].relabelings[0].regex})$`);
    const given = ['namespace', 'pod', 'service', 'container', 'endpoint', 'job', 'instance'];
    expect(given.filter((label) => !dropped.test(label))).toEqual(['job', 'instance']);
    expect(find(joined, 'RoleBinding', 'paramedic-scraped')).toBeDefined();
  });

  it('brings every alert to our webhook as the printed snippet does, with the token of the Secret that we read', () => {
    const snippet = z
      .object({ route: z.object({ routes: z.tuple([z.record(z.string(), z.unknown())]) }) })
      .parse(parse(alertmanagerSnippet({ url })));
    const camel = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    const [route] = snippet.route.routes;
    expect(find(joined, 'AlertmanagerConfig').spec).toEqual({
      route: Object.fromEntries(Object.entries(route).map(([name, value]) => [camel(name), value])),
      receivers: [
        {
          name: 'paramedic',
          webhookConfigs: [
            {
              url,
              sendResolved: true,
              httpConfig: {
                authorization: { type: 'Bearer', credentials: { name: 'paramedic-webhook', key: 'token' } },
              },
            },
          ],
        },
      ],
    });
    expect(JSON.stringify(find(installed, 'Deployment').spec)).toContain('{"secretName":"paramedic-webhook"}');
    // The operator names a receiver after its object's namespace and name.
    expect(config.alertmanager.receiver).toBe('paramedic/paramedic/paramedic');
  });
});

describe('deploy/kube-prometheus-network.yaml', () => {
  const policy = z.object({
    podSelector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    policyTypes: z.tuple([z.literal('Ingress')]),
    ingress: z.tuple([z.object({ from: z.tuple([z.unknown()]), ports: z.tuple([z.object({ port: z.number() })]) })]),
  });

  it.each([
    ['alertmanager', config.alertmanager.urls[0] ?? '', { component: 'alert-router', instance: 'main' }],
    ['prometheus', config.prometheus.url, { component: 'prometheus', instance: 'k8s' }],
  ])('lets our pods alone ask %s at %s', (name, asked, { component, instance }) => {
    const { metadata, spec } = find(policies, 'NetworkPolicy', `paramedic-to-${name}`);
    const { podSelector, ingress } = policy.parse(spec);
    expect(metadata.namespace).toBe(new URL(asked).hostname.split('.')[1]);
    expect(ingress[0].ports[0].port).toBe(Number(new URL(asked).port));
    expect(ingress[0].from).toEqual([
      {
        namespaceSelector: {
          matchLabels: { 'kubernetes.io/metadata.name': find(installed, 'Namespace').metadata.name },
        },
        podSelector: { matchLabels: service.selector },
      },
    ]);
    // The pods that kube-prometheus' own policies select and no others: those would be shut off from everybody else.
    expect(podSelector.matchLabels).toEqual({
      'app.kubernetes.io/component': component,
      'app.kubernetes.io/instance': instance,
      'app.kubernetes.io/name': name,
      'app.kubernetes.io/part-of': 'kube-prometheus',
    });
  });
});
