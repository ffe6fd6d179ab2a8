import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { besides } from '../../harness/kube-fault-run.ts';
import { chosen, type FaultBatch, startFaults } from './fault-batch.ts';
import { faults } from './faults.ts';

/** How many applications are broken at a time. */
const atOnce = 8;

const some = chosen(faults);
const run = (name: string) => batch?.run(name) ?? Promise.reject(new Error('the scene did not start'));
let batch: FaultBatch | undefined;
beforeAll(async () => {
  batch = await startFaults(some, atOnce);
});
afterAll(() => batch?.stop());

describe('what somebody broke is put back as it was when it was healthy, and nothing else is touched', () => {
  it.each(some.map(({ name }) => name))('%s', async (name) => {
    const { firstWriteAt, ended } = await run(name);
    expect(firstWriteAt).toBeDefined();
    expect(ended.join('\n')).toContain('recovered: ');
  });

  it('nor is anything of another namespace, or of none', async () => {
    if (batch === undefined) throw new Error('the scene did not start');
    const { scene, place } = batch;
    const places = some.map((fault) => ({ namespace: place(fault.name).namespace, fault }));
    const writes = await scene.cluster.auditedWrites({ user: scene.user });
    const others = writes.filter(({ namespace }) => !places.some((one) => one.namespace === namespace));
    const allowed = places.flatMap(({ namespace, fault }) => fault.allowed(namespace));
    expect(besides(others, allowed)).toEqual([]);
  });
});
