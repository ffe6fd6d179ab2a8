import { describe, expect, test } from 'vitest';
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
  { key, versions: [{ hash: present, at, by, uid: '' }] },
];

const present = '0'.repeat(32);
const goods = (
  key: string,
  {
    stampedAt,
    seenAt = stampedAt,
    hash = present,
  }: Partial<Record<'stampedAt' | 'seenAt', number | undefined>> & { readonly hash?: string } = {},
) =>
  seenAt === undefined
    ? []
    : [{ id: '1', stampedAt: stampedAt ?? 0, seenAt, healthMs: 0, objects: { [key]: hash }, nodes: {} }];

interface Scene {
  readonly objects?: readonly [string, ObjectHistory][];
  readonly db?: { readonly status: string; readonly health?: string } | undefined;
  readonly action?: string;
  readonly params?: string;
  readonly openedAt?: number;
  /** The other one needs it as well. */
  readonly mutual?: true;
  readonly neverWell?: true;
  /** Of what it was well with, and since when that counts; as it is now where nothing else is said. */
  readonly well?: { readonly stampedAt: number; readonly hash?: string; readonly unknown?: true } | undefined;
  /** When the other one was well last. */
  readonly dbWellAt?: number | undefined;
  /** When the target was. */
  readonly webWellAt?: number;
  readonly freshnessMs?: number;
  readonly touches?: readonly string[];
}

function input({ objects = [], action = 'restart', params, ...scene }: Scene): GuardrailInput<unknown> {
  const { clients } = guardrailInput();
  const memory = {
    remembered: async (target: string) => ({
      target,
      current: { ok: scene.well?.unknown !== true, reason: '' },
      knownGoods:
        target === web
          ? goods(web, scene.well && { ...scene.well, seenAt: scene.webWellAt })
          : goods(db, { seenAt: scene.dbWellAt }),
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
    freshnessMs: scene.freshnessMs ?? 1_200_000,
    about: { ...guardrailInput().about, openedAt: scene.openedAt ?? now },
    plan: { ...guardrailInput().plan, touches: scene.touches ?? [web] },
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

describe('putting back what changed', () => {
  // Deployed a while ago, well with that, and ill since the other one is.
  const victim: Scene = {
    action: 'rollback',
    objects: [history(web, 'kubectl', now - 1_800_000), history(network, 'kubectl', now - 3_000_000)],
    well: { stampedAt: now - 1_700_000 },
    db: { status: 'exited' },
    dbWellAt: now - 60_000,
    webWellAt: now - 50_000,
  };

  test('waits for what it depends on where it was well as it is', async () => {
    expect(await check(victim)).toEqual({
      ok: false,
      reason: `${db}, which it depends on, is not well (exited): that is to be mended first`,
      retryAfterMs: 20_000,
    });
    expect((await check({ ...victim, db: { status: 'running' } })).ok).toBe(true);
    expect((await check({ ...victim, openedAt: now - 600_001 })).ok).toBe(true);
    expect((await check({ ...victim, mutual: true })).ok).toBe(true);
  });

  test('and for 20 s after that was put back, not after anything else was', async () => {
    const after = (key: string): Scene => ({
      ...victim,
      db: { status: 'running' },
      objects: [...(victim.objects ?? []), history(key, 'paramedic', now - 5_000)],
    });
    expect(await check(after(db))).toMatchObject({ ok: false, retryAfterMs: 15_000 });
    expect((await check(after(network))).ok).toBe(true);
  });

  test.each<readonly [string, Partial<Scene>]>([
    ['it was never well since it was changed', { well: { stampedAt: now - 1_700_000, hash: 'f'.repeat(32) } }],
    ['nothing of it was ever well', { well: undefined }],
    ['what is remembered may not be what is there', { well: { stampedAt: now - 1_700_000, unknown: true } }],
    ['it was well when the other one was not', { dbWellAt: now - 1_700_000 }],
    ['the other one never was well', { dbWellAt: undefined }],
    ['it was ill some time before the other one: that may be its own victim', { webWellAt: now - 181_000 }],
    ['something else that it changes was never well like that', { touches: [web, network] }],
    ['it is gone', { objects: [[web, { ...history(web, '', 0)[1], goneAt: now - 1 }]] }],
  ])('is not held where %s', async (_why, changes) => {
    expect((await check({ ...victim, ...changes })).ok).toBe(true);
  });

  test('is held where it was seen to be ill a little before what it depends on', async () => {
    expect((await check({ ...victim, webWellAt: now - 180_000 })).ok).toBe(false);
  });

  test('is held where it replaces pods as well', async () => {
    expect((await check({ ...victim, touches: [web, 'kubernetes/prod/shop/pod/web-0'] })).ok).toBe(false);
  });
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

test('it is held for no longer than half of what the word that its alert fires holds', async () => {
  const victim: Scene = { db: { status: 'exited' }, freshnessMs: 400_000 };
  expect((await check({ ...victim, openedAt: now - 200_000 })).ok).toBe(false);
  expect((await check({ ...victim, openedAt: now - 200_001 })).ok).toBe(true);
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
