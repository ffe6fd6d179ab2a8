import { expect, test } from 'vitest';
import { guardrailInput } from '../../../test/fakes/guardrail-input.ts';
import type { GuardrailInput } from '../../domain/guardrail.ts';
import type { ObjectHistory } from '../../domain/known-good.ts';
import { root } from './root.ts';

const now = 1_764_000_000_000;
const web = 'docker/local/container/web';
const db = 'docker/local/container/db';
const network = 'docker/local/network/back';

const history = (key: string, by: string, at: number): [string, ObjectHistory] => [
  key,
  { key, versions: [{ hash: '0'.repeat(32), at, by, uid: '' }] },
];

interface Scene {
  readonly objects?: readonly [string, ObjectHistory][];
  readonly db?: { readonly status: string; readonly health?: string } | undefined;
  readonly action?: string;
  readonly params?: string;
  readonly openedAt?: number;
  /** The other one needs it as well. */
  readonly mutual?: true;
  readonly neverWell?: true;
}

function input({ objects = [], action = 'restart', params, ...scene }: Scene): GuardrailInput<unknown> {
  const { clients } = guardrailInput();
  const memory = {
    remembered: async (target: string) => ({
      target,
      current: { ok: true, reason: '' },
      knownGoods: [],
      ...(scene.neverWell && { neverWell: true }),
      graph: (target === web ? [web, network, db] : [db, ...(scene.mutual ? [web] : [])]).map((key, distance) => ({
        key,
        distance,
        why: '',
      })),
      objects: new Map(objects),
    }),
  };
  const engine = { inspect: async (name: string) => (name === 'db' ? scene.db : undefined) };
  return guardrailInput({
    params,
    now,
    about: { ...guardrailInput().about, openedAt: scene.openedAt ?? now },
    action: { key: `${action}/container`, verb: action, risk: 'low', takesAway: () => 0 },
    clients: { ...clients, docker: new Map([['local', engine]]), knownGood: memory } as unknown as typeof clients,
  });
}

const check = (scene: Scene) => root.check(input(scene));

test('a restart passes when what it depends on is well', async () => {
  expect(await check({ db: { status: 'running' } })).toEqual({ ok: true, reason: 'what it depends on is well' });
});

test('it is held while what it depends on is ill, and asked again soon', async () => {
  expect(await check({ db: { status: 'exited' } })).toEqual({
    ok: false,
    reason: `${db}, which it depends on, is not well (exited): that is to be mended first`,
    retryAfterMs: 20_000,
  });
  expect((await check({ db: { status: 'running', health: 'unhealthy' } })).ok).toBe(false);
});

test('what is gone is for its own recovery to say', async () => {
  expect((await check({ db: undefined })).ok).toBe(true);
});

test('it is given 20 s after what it depends on was put back by us, and no more', async () => {
  expect(await check({ objects: [history(network, 'paramedic', now - 5_000)], db: { status: 'running' } })).toEqual({
    ok: false,
    reason: `${network}, which it depends on, was put back 5 s ago`,
    retryAfterMs: 15_000,
  });
  expect((await check({ objects: [history(network, 'paramedic', now - 20_000)], db: { status: 'running' } })).ok).toBe(
    true,
  );
  expect((await check({ objects: [history(network, 'kubectl', now - 5_000)], db: { status: 'running' } })).ok).toBe(
    true,
  );
  expect((await check({ objects: [history(web, 'paramedic', now - 5_000)], db: { status: 'running' } })).ok).toBe(true);
});

test('putting back what changed is no restart', async () => {
  expect((await check({ action: 'rollback', db: { status: 'exited' } })).ok).toBe(true);
});

test('it can be switched off', async () => {
  expect((await check({ params: 'off', db: { status: 'exited' } })).ok).toBe(true);
});

test('without a memory it says nothing', async () => {
  expect((await root.check(guardrailInput())).ok).toBe(true);
});

test('of two that need each other neither is held for the other', async () => {
  expect((await check({ mutual: true, db: { status: 'exited' } })).ok).toBe(true);
});

test('it is held for ten minutes at most', async () => {
  expect((await check({ openedAt: now - 600_000, db: { status: 'exited' } })).ok).toBe(false);
  expect((await check({ openedAt: now - 600_001, db: { status: 'exited' } })).ok).toBe(true);
});

test('a workload that was never well is not restarted, and a human is told', async () => {
  const deployment = { target: { kind: 'deployment', key: 'kubernetes/prod/shop/deployment/web' } };
  const never = input({ neverWell: true, db: { status: 'running' } });
  expect(await root.check({ ...never, ...deployment })).toMatchObject({ ok: false, page: true });
  expect((await root.check({ ...never, ...deployment, action: { ...never.action, verb: 'rollback' } })).ok).toBe(true);
  // A container may have been well for less than it takes to look.
  expect((await root.check(never)).ok).toBe(true);
});
