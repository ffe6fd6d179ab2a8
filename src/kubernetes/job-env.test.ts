import { describe, expect, it } from 'vitest';
import { jobEnv, withEnv } from './job-env.ts';

const place = { cluster: 'prod', namespace: 'shop', kind: 'pod', name: 'web-1' };
const valueOf = (labels: Readonly<Record<string, string>>, name: string): string | undefined =>
  jobEnv(place, labels).find((one) => one.name === name)?.value;

/** As kubelet reads a value: `$$` is `$`, `$(NAME)` is another variable's value. */
const expanded = (value: string): string =>
  value.replace(/\$(\$|\(([^)]*)\))/g, (_all, what: string) => (what === '$' ? '$' : '<another variable>'));

describe('the environment of a Job', () => {
  it('names the target', () => {
    expect(jobEnv(place, {})).toEqual([
      { name: 'PARAMEDIC_TARGET', value: 'pod' },
      { name: 'PARAMEDIC_TARGET_NAMESPACE', value: 'shop' },
      { name: 'PARAMEDIC_TARGET_NAME', value: 'web-1' },
    ]);
  });

  it.each([
    ['job_name', 'ALERT_JOB_NAME'],
    ['k8s.pod.name', 'ALERT_K8S_POD_NAME'],
    ['a=b;$(x)', 'ALERT_A_B___X_'],
    ['Größe', 'ALERT_GR__E'],
  ])('has the label %s as %s', (label, name) => {
    expect(jobEnv(place, { [label]: 'v' }).at(-1)).toEqual({ name, value: 'v' });
  });

  it.each([
    'plain',
    '$(reboot)',
    '$$(reboot)',
    '$$$(PARAMEDIC_TARGET)',
    '$',
    '$$',
    'a$b',
    '$(',
    '`reboot`\n; rm -rf /',
    '"; x',
  ])('brings %j into the container as it is', (value) => {
    const given = valueOf({ pod: value }, 'ALERT_POD') ?? '';
    expect(expanded(given)).toBe(value);
  });

  it('cuts a value at 4 KiB, never through a character, and leaves out NUL', () => {
    expect(valueOf({ a: 'x'.repeat(5_000) }, 'ALERT_A')).toHaveLength(4_096);
    const euros = valueOf({ a: '€'.repeat(2_000) }, 'ALERT_A') ?? '';
    expect(euros).toBe('€'.repeat(1_365));
    expect(valueOf({ a: 'x\0y' }, 'ALERT_A')).toBe('xy');
  });

  it('holds 64 labels, in the order of their names, one for each variable', () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_none, index) => [`l${1_000 + index}`, 'v']));
    const names = jobEnv(place, many).map(({ name }) => name);
    expect(names).toHaveLength(67);
    expect(names.at(-1)).toBe('ALERT_L1063');
    expect(jobEnv(place, { 'a.b': 'second', 'a-b': 'first' }).filter(({ name }) => name === 'ALERT_A_B')).toEqual([
      { name: 'ALERT_A_B', value: 'first' },
    ]);
  });

  it('is given to every container, before its own variables, and wins over one of the same name', () => {
    const env = [{ name: 'ALERT_POD', value: 'web-1' }];
    const spec = {
      initContainers: [{ name: 'init' }],
      containers: [
        {
          name: 'main',
          env: [
            { name: 'ALERT_POD', value: 'none' },
            { name: 'OWN', value: '$(ALERT_POD)' },
          ],
        },
      ],
      restartPolicy: 'Never',
    };
    expect(withEnv({ metadata: { labels: { a: 'b' } }, spec }, env)).toEqual({
      metadata: { labels: { a: 'b' } },
      spec: {
        initContainers: [{ name: 'init', env }],
        containers: [{ name: 'main', env: [...env, { name: 'OWN', value: '$(ALERT_POD)' }] }],
        restartPolicy: 'Never',
      },
    });
  });
});
