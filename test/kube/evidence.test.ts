import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { rbacFiles } from '../../src/cli/rbac.ts';
import { createKubernetesClient } from '../../src/clients/kubernetes.ts';
import type { Clients } from '../../src/domain/clients.ts';
import type { Evidence } from '../../src/domain/evidence.ts';
import { capture } from '../../src/evidence/capture.ts';
import { evidenceText } from '../../src/evidence/evidence-text.ts';
import { kubernetesKey } from '../../src/kubernetes/key.ts';
import { type TestCluster, testCluster } from '../harness/cluster.ts';
import type { Rule } from '../harness/cluster-identity.ts';
import { deployment } from '../harness/kube-objects.ts';

let cluster: TestCluster;
let namespace: string;
beforeAll(async () => {
  cluster = await testCluster();
  namespace = await cluster.namespace('evidence');
  const command = 'echo "starts with token=hunter2"; echo "connection refused by db:5432"; exit 7';
  const env = [
    { name: 'DB_PASSWORD', value: 'hunter3' },
    { name: 'REGION', value: 'eu-1' },
  ];
  await cluster.apply(deployment({ namespace, name: 'crashes', command, container: { env } }));
  await cluster.waitFor('its pod to crash and crash', async () => {
    const [pod] = await cluster.list('pods', namespace, 'app=crashes');
    const [status] = pod?.status?.containerStatuses ?? [];
    return (status?.restartCount ?? 0) > 0 && status?.state?.waiting?.reason === 'CrashLoopBackOff';
  });
});
afterAll(() => cluster.close());

/** What is told with the rights of that file. */
async function evidenceAs(file: string): Promise<Evidence> {
  const [role] = parseAllDocuments(rbacFiles()[file] ?? '').map((one) => one.toJS() as { rules: Rule[] });
  const { kubeconfig } = await cluster.serviceAccount(namespace, role?.rules ?? []);
  const client = await createKubernetesClient({ name: 'prod', kubeconfig, isDefault: true, protectedNamespaces: [] });
  const clients: Clients = { docker: new Map(), kubernetes: new Map([['prod', client]]) };
  const key = kubernetesKey({ cluster: 'prod', namespace, kind: 'deployment', name: 'crashes' });
  try {
    const { signal } = new AbortController();
    return await capture({ target: { kind: 'deployment', key }, labels: {}, clients, signal, now: Date.now() });
  } finally {
    await client.close();
  }
}

describe('of a Deployment that crashes', () => {
  it('with the rights to act: its log, also of the instance before, its events, its end and what it is made of', async () => {
    // Its event may come after its state.
    const evidence = await cluster.waitFor('its back-off to be told', async () => {
      const now = await evidenceAs('namespace.yaml');
      return now.sections.some(({ title, text }) => /events/.test(title) && /BackOff/.test(text)) && now;
    });
    const text = evidenceText(evidence);
    const logs = evidence.sections.filter(({ title }) => /log/.test(title));
    expect(logs.some(({ title }) => /before|previous/.test(title))).toBe(true);
    expect(logs.map((one) => one.text).join('\n')).toContain('connection refused by db:5432');
    expect(text).toContain('starts with token=<redacted>');
    expect(text).toMatch(/exit ?code:? ?7/i);
    expect(text).toContain('eu-1');
    expect(text).not.toMatch(/hunter[23]/);
    // What is of the whole cluster is not in the rights for one namespace.
    expect(evidence.missing).toEqual([expect.stringContaining('may not get nodes') as string]);
  });

  it('with the rights to observe only, what may not be read is named, and the rest is there', async () => {
    const evidence = await evidenceAs('observe.yaml');
    expect(evidence.missing.join('\n')).toContain('may not');
    expect(evidence.sections.length).toBeGreaterThan(0);
    expect(evidenceText(evidence)).not.toMatch(/hunter[23]/);
  });
});
