import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../../../../test/fakes/self-signed.ts';
import { onFreePort, type RunningProcess, startProcess } from '../../../../test/harness/process.ts';
import { resticScene, type ResticScene } from '../../../../test/harness/restic-scene.ts';
import type { Produced } from '../../../domain/backup.ts';
import type { Clients } from '../../../domain/clients.ts';
import { realClock } from '../../../domain/real-clock.ts';
import { restorableOf } from '../../restorable.ts';
import type { Repository } from '../../restic/repository.ts';
import { takeBackup, type Taken } from '../../take-backup.ts';
import { etcd } from './etcd.ts';
import { atMember, said } from './etcd-programs.ts';
import { params } from './params.ts';

const signal = new AbortController().signal;
const clients: Clients = { docker: new Map(), kubernetes: new Map() };
let scene: ResticScene;
let server: RunningProcess;
let home: string;
/** Where snapshots are for a while. */
let folder = '/';
let endpoint: string;
/** As etcd is reached wherever it matters: by who has a certificate. */
let tls: { readonly cacert: string; readonly cert: string; readonly key: string };
const put = (key: string, value: string) => said([...atMember(paramsOf(), endpoint), 'put', key, value], signal);

beforeAll(async () => {
  scene = await resticScene();
  home = mkdtempSync(join(tmpdir(), 'paramedic-test-etcd-'));
  const [cert, key] = [join(home, 'tls.crt'), join(home, 'tls.key')];
  tls = { cacert: cert, cert, key };
  const made = selfSigned();
  writeFileSync(cert, made.cert);
  writeFileSync(key, made.key, { mode: 0o600 });
  server = await onFreePort(async (port) => {
    endpoint = `https://127.0.0.1:${port}`;
    const started = await startProcess(
      'etcd',
      [
        `--data-dir=${join(home, 'data')}`,
        `--listen-client-urls=${endpoint}`,
        `--advertise-client-urls=${endpoint}`,
        `--cert-file=${cert}`,
        `--key-file=${key}`,
        '--client-cert-auth',
        `--trusted-ca-file=${cert}`,
        // A file in its folder: it has no peers.
        '--listen-peer-urls=unix://peer:1',
      ],
      { cwd: home },
    );
    await started.waitForLine((line) => line.includes('ready to serve client requests'));
    return started;
  });
  for (let at = 0; at < 50; at += 1) await put(`/registry/pods/shop/web-${at}`, randomBytes(2_000).toString('base64'));
});
afterAll(async () => {
  await server.stop();
  await scene.remove();
  rmSync(home, { recursive: true });
});
beforeEach(() => {
  folder = mkdtempSync(join(scene.dir, 'snapshots-'));
});

const paramsOf = (more: object = {}) => params.parse({ endpoints: [endpoint], ...tls, folder, etcd: 'etcd', ...more });
const open = async (more: object = {}) => (await etcd.open(paramsOf(more), clients, signal, 60_000)) as Produced;
const backUp = (repository: Repository, more: object = {}): Promise<Taken> => {
  const source = {
    name: 'etcd',
    kind: 'etcd',
    params: paramsOf(more),
    repository: 'main',
    keep: {},
    rpoMs: 60_000,
    rtoMs: 60_000,
    timeoutMs: 120_000,
    drill: { probes: [], timeoutMs: 120_000 },
  };
  return takeBackup({ source, kind: etcd, repository, clients, clock: realClock, before: [] }, signal);
};
const examined = (content: Buffer) => etcd.examine(Readable.from([content], { objectMode: false }), paramsOf());
/** `etcdctl`, but for what the script does before. */
function program(script: string): string {
  const path = join(home, `etcdctl-${randomBytes(3).toString('hex')}`);
  writeFileSync(path, `#!/bin/sh\n${script}\nexec etcdctl "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('an etcd', () => {
  it('is a recovery point once it was restored, and an etcd runs on what was brought back by a drill', async () => {
    const repository = scene.open(await scene.made('main'));
    const taken = await backUp(repository);
    if (taken.result !== 'verified') throw new Error(taken.reason);
    expect(taken.point.shape.counts['keys']).toBeGreaterThanOrEqual(50);
    expect(readdirSync(folder)).toEqual([]);

    const snapshot = (await repository.snapshots()).find(({ id }) => id === taken.snapshot);
    if (snapshot === undefined) throw new Error('it is not there');
    const chosen = { snapshot, point: taken.point, file: 'etcd.db' };
    const place = mkdtempSync(join(scene.dir, 'drill-'));
    const scratch = await etcd.scratch?.(
      paramsOf(),
      clients,
      { folder: place, drill: 'd_1', timeoutMs: 60_000 },
      signal,
    );
    expect(
      await scratch?.fill(
        restorableOf(chosen, repository, signal, () => undefined),
        signal,
      ),
    ).toMatchObject({ ok: true });
    expect(await scratch?.look(signal)).toMatchObject({ shape: taken.point.shape });
    expect(await scratch?.prove?.(signal)).toEqual({
      ok: true,
      reason: expect.stringMatching(/^etcd runs on it, at revision 5\d$/),
    });
    // A server on nothing that was restored is at its beginning.
    rmSync(join(place, 'restored'), { recursive: true });
    expect(await scratch?.prove?.(signal)).toEqual({
      ok: false,
      reason: expect.stringMatching(/^etcd runs on it at revision 1, and it was at 5\d$/),
    });
    writeFileSync(join(place, 'restored/member/snap/db'), 'no database');
    expect(await scratch?.prove?.(signal)).toEqual({
      ok: false,
      reason: expect.stringMatching(/^etcd does not run on it/),
    });
  });

  it('is refused when its snapshot was cut, or a byte in it is another', async () => {
    const produced = await open();
    const all = await buffer(produced.stream);
    expect(await produced.whole({ bytes: all.byteLength }, Buffer.alloc(0))).toMatchObject({ ok: true });
    expect(await produced.whole({ bytes: all.byteLength - 1 }, Buffer.alloc(0))).toMatchObject({ ok: false });
    expect(await examined(all)).toMatchObject({ shape: { bytes: all.byteLength - 32 } });
    for (const bytes of [0, 512, all.byteLength - 512, all.byteLength - 100, all.byteLength - 1])
      expect(await examined(all.subarray(0, bytes)), String(bytes)).toEqual({
        refused: expect.stringMatching(/^it can not be restored: etcdctl ended /),
      });
    const other = Buffer.from(all);
    other.writeUInt8(other.readUInt8(all.byteLength - 2_000) ^ 1, all.byteLength - 2_000);
    expect(await examined(other)).toEqual({ refused: expect.stringContaining('it can not be restored') });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is no snapshot at all where the member hands out a part of it, or its folder has no room', async () => {
    const repository = scene.open(await scene.made('cut'));
    // What is asked of it last is the file's name.
    const cuts = program(
      'for last; do :; done; case "$*" in *"snapshot save"*) etcdctl "$@" && truncate -s -100 "$last"; exit;; esac',
    );
    const cut = await backUp(repository, { etcdctl: cuts });
    expect(cut).toEqual({ result: 'failed', reason: expect.stringContaining('snapshot missing hash') });
    const status = JSON.stringify([{ Status: { header: { revision: 9 }, dbSize: 2 ** 50, leader: 1 } }]);
    const huge = program(`case "$*" in *"endpoint status"*) echo '${status}'; exit;; esac`);
    expect(await backUp(repository, { etcdctl: huge })).toEqual({
      result: 'failed',
      reason: expect.stringMatching(
        /has \d+ bytes free, and a snapshot of 1125899906842624 with its trial restore needs/,
      ),
    });
    expect(await repository.snapshots()).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is asked by the first member that answers and knows a leader', async () => {
    const lost = JSON.stringify([{ Status: { header: { revision: 9 }, dbSize: 1 } }]);
    const two = program(`case "$*" in *unix:///lost:1*) echo '${lost}'; exit;; *unix:///gone:1*) exit 7;; esac`);
    const endpoints = ['unix:///gone:1', 'unix:///lost:1', endpoint];
    const produced = await open({ endpoints, etcdctl: two });
    produced.stop();
    await expect(open({ endpoints: endpoints.slice(0, 2), etcdctl: two })).rejects.toThrow(
      'no member of etcd can be asked: unix:///gone:1: ' +
        two +
        ' ended with exit code 7; unix:///lost:1 has no leader',
    );
    await expect(open({ cert: undefined, key: undefined })).rejects.toThrow(
      /no member of etcd can be asked: https:.*ended/,
    );
    await expect(open({ etcdctl: 'no-such-etcdctl' })).rejects.toThrow('there is no such program');
  });

  it('leaves nothing of a process that died, and what another one has', async () => {
    const [dead, alive] = [join(folder, 'paramedic-etcd-4194305-a'), join(folder, `paramedic-etcd-${process.ppid}-b`)];
    for (const path of [dead, alive]) mkdirSync(path);
    const produced = await open();
    expect(readdirSync(folder)).toHaveLength(2);
    await buffer(produced.stream);
    await expect.poll(() => readdirSync(folder)).toEqual([`paramedic-etcd-${process.ppid}-b`]);
  });

  it('is named by addresses, with a certificate and its key', () => {
    const mistakes = (read: object) => params.safeParse(read).error?.issues.map(({ message }) => message);
    expect(mistakes({ endpoints: ['127.0.0.1:2379'] })).toEqual(['is no address such as https://127.0.0.1:2379']);
    expect(mistakes({ endpoints: [endpoint], cert: '/etc/etcd/a.crt' })).toEqual(['cert and key go together']);
    expect(mistakes({ endpoints: [endpoint], key: 'a.key', cert: '/a' })).toEqual(['has to be an absolute path']);
  });
});
