import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { broken, good, place, type Rollout, startRollout, template } from '../../../test/fakes/kube-rollout.ts';
import { templateHash } from '../../kubernetes/template-diff.ts';
import { rollbackDeployment } from './deployment.ts';

const signal = new AbortController().signal;
let rollout: Rollout;
beforeEach(async () => {
  rollout = await startRollout();
});
afterEach(() => rollout.api.close());

describe('rollback of a Deployment', () => {
  beforeEach(() => rollout.stuck());

  it('touches what differs, once, however often it is applied', async () => {
    const { change } = await rollout.planned();
    const before = await rollout.state();
    expect(rollbackDeployment.verify({ before, state: before, change }).ok).toBe(false);
    expect(await rollbackDeployment.settled(change, rollout.clients)).toBe('not-done');
    await rollbackDeployment.apply(change, rollout.clients, signal);
    await rollbackDeployment.apply(change, rollout.clients, signal);
    expect(rollout.api.writes()).toHaveLength(1);
    expect(rollout.api.get('deployments.apps', place)?.spec).toMatchObject({ replicas: 2, template: good });
    expect(await rollbackDeployment.settled(change, rollout.clients)).toBe('done');
    expect(rollbackDeployment.verify({ before, state: await rollout.state(), change })).toMatchObject({ ok: true });
  });

  it('writes on a newer version of the object, while the template is the one it was planned for', async () => {
    const { change } = await rollout.planned();
    // A status was written between our look and our write, twice.
    rollout.api.fault({ kind: '409', times: 2, matches: ({ method }) => method === 'PATCH' });
    await rollbackDeployment.apply(change, rollout.clients, signal);
    expect(rollout.there()).toBe(templateHash(good));
    expect(rollout.api.writes()).toHaveLength(3);
  });

  it('never writes over a template that came between its look and its write', async () => {
    const { change } = await rollout.planned();
    const get: typeof rollout.api.client.get = async (...of) => {
      const found = await rollout.api.client.get(...of);
      if (rollout.there() === templateHash(broken)) rollout.deploy(template('app:v3'));
      return found;
    };
    const between = { ...rollout.clients, kubernetes: new Map([['prod', { ...rollout.api.client, get }]]) };
    await expect(rollbackDeployment.apply(change, between, signal)).rejects.toMatchObject({
      message: expect.stringContaining('somebody changed the template'),
    });
    expect(rollout.there()).toBe(templateHash(template('app:v3')));
    expect(rollout.api.writes()).toHaveLength(1);
  });

  it('is not taken back where somebody else went back by hand', async () => {
    const { change } = await rollout.planned();
    const fieldsV1 = { 'f:spec': { 'f:template': { 'f:spec': {} } } };
    const managedFields = [{ manager: 'kubectl', operation: 'Update', time: '2026-01-01T00:00:00Z', fieldsV1 }];
    rollout.deploy(good, { metadata: { managedFields } });
    expect(await rollbackDeployment.settled(change, rollout.clients)).toBe('done');
    await rollbackDeployment.undo(change, rollout.clients, signal);
    expect(rollout.there()).toBe(templateHash(good));
    expect(rollout.api.writes()).toHaveLength(0);
  });

  it('gives up after five of them', async () => {
    const { change } = await rollout.planned();
    rollout.api.fault({ kind: '409', times: 9, matches: ({ method }) => method === 'PATCH' });
    await expect(rollbackDeployment.apply(change, rollout.clients, signal)).rejects.toMatchObject({
      reason: 'conflict',
    });
    expect(rollout.api.writes()).toHaveLength(5);
  });

  it('lets a write that was carried out and not answered count', async () => {
    const { change } = await rollout.planned();
    rollout.api.fault({ kind: 'reset', afterEffect: true, matches: ({ method }) => method === 'PATCH' });
    await expect(rollbackDeployment.apply(change, rollout.clients, signal)).rejects.toMatchObject({ retryable: true });
    expect(await rollbackDeployment.settled(change, rollout.clients)).toBe('done');
    await rollbackDeployment.apply(change, rollout.clients, signal);
    expect(rollout.api.writes()).toHaveLength(1);
  });

  it('leaves a third template alone, and names who wrote it', async () => {
    const { change } = await rollout.planned();
    const fieldsV1 = { 'f:spec': { 'f:template': { 'f:spec': {} } } };
    const managedFields = [{ manager: 'kubectl-edit', operation: 'Update', time: '2026-01-01T00:00:00Z', fieldsV1 }];
    rollout.deploy(template('app:v3'), { metadata: { managedFields } });
    await expect(rollbackDeployment.apply(change, rollout.clients, signal)).rejects.toMatchObject({
      message:
        'somebody changed the template of deployment shop/checkout meanwhile (kubectl-edit): it is not rolled back to revision 3',
      reason: 'conflict',
      retryable: false,
    });
    await rollbackDeployment.undo(change, rollout.clients, signal);
    expect(rollout.api.writes()).toEqual([]);
  });

  it('is taken back, once, while the template is the one it wrote', async () => {
    const { change } = await rollout.planned();
    await rollbackDeployment.apply(change, rollout.clients, signal);
    await rollbackDeployment.undo(change, rollout.clients, signal);
    await rollbackDeployment.undo(change, rollout.clients, signal);
    expect(rollout.there()).toBe(templateHash(broken));
    expect(rollout.api.writes()).toHaveLength(2);
  });

  it('names who has put the bad template back, and is certain', async () => {
    const { change } = await rollout.planned();
    const before = await rollout.state();
    await rollbackDeployment.apply(change, rollout.clients, signal);
    const fieldsV1 = { 'f:spec': { 'f:template': { 'f:spec': {} } } };
    const managedFields = [{ manager: 'flux-like', operation: 'Apply', time: '2030-01-01T00:00:00Z', fieldsV1 }];
    rollout.deploy(broken, { metadata: { managedFields } });
    expect(rollbackDeployment.verify({ before, state: await rollout.state(), change })).toEqual({
      ok: false,
      certain: true,
      reason: 'the roll-back to revision 3 of deployment shop/checkout was taken back by flux-like',
    });
  });

  it('does nothing to another Deployment of that name, and has nothing to take back there', async () => {
    const { change } = await rollout.planned();
    rollout.api.remove('deployments.apps', place);
    rollout.deploy(broken);
    await expect(rollbackDeployment.apply(change, rollout.clients, signal)).rejects.toMatchObject({
      reason: 'not-found',
    });
    expect(await rollbackDeployment.settled(change, rollout.clients)).toBe('not-done');
    await rollbackDeployment.undo(change, rollout.clients, signal);
    expect(rollout.api.writes()).toEqual([]);
  });

  it('does not know whether it was done while the API is silent', async () => {
    const { change } = await rollout.planned();
    rollout.api.fault({ kind: 'reset', times: 9 });
    expect(await rollbackDeployment.settled(change, rollout.clients)).toBe('unknown');
  });

  it.each<[string, () => void]>([
    ['is gone', () => rollout.api.remove('replicasets.apps', { namespace: 'shop', name: 'checkout-h3' })],
    [
      'keeps another template',
      () => {
        const kept = rollout.api.get('replicasets.apps', { namespace: 'shop', name: 'checkout-h3' });
        if (kept !== undefined)
          rollout.api.put('replicasets.apps', { ...kept, spec: { ...kept.spec, template: template('app:v0') } });
      },
    ],
    ['is another one of its name', () => rollout.revise(3, good, 2)],
  ])('writes nothing when the ReplicaSet that it was planned for %s', async (_what, happens) => {
    const { change } = await rollout.planned();
    happens();
    await expect(rollbackDeployment.apply(change, rollout.clients, signal)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^ReplicaSet checkout-h3, which kept revision 3 of deployment shop\/checkout, is gone/,
      ),
      retryable: false,
    });
    expect(rollout.api.writes()).toEqual([]);
  });
});
