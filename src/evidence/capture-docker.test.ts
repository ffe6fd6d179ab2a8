import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventLine, fakeDockerEngine, frame, type FakeEngine } from '../../test/fakes/docker-engine.ts';
import { createDockerClient } from '../clients/docker.ts';
import type { Clients } from '../domain/clients.ts';
import { capture } from './capture.ts';
import { evidenceText } from './evidence-text.ts';

let engine: FakeEngine;
let clients: Clients;
const now = Date.parse('2026-11-29T14:00:00Z');
const { signal } = new AbortController();

beforeEach(async () => {
  engine = await fakeDockerEngine();
  const client = await createDockerClient({ name: 'edge-1', host: engine.host, instances: [] });
  clients = { docker: new Map([['edge-1', client]]), kubernetes: new Map() };
});
afterEach(() => engine.close());

function web(): { readonly kind: string; readonly key: string; readonly uid: string } {
  const { id } = engine.add({
    name: 'web',
    status: 'exited',
    exitCode: 137,
    oomKilled: true,
    startedAt: now - 60_000,
    finishedAt: now - 1_000,
  });
  engine.log(id, Buffer.concat([frame(1, 'it starts\n'), frame(2, 'db password=hunter2 refused\n')]), {
    Config: { Env: ['DB_PASSWORD=hunter2', 'TZ=UTC'] },
    State: {
      Health: { Status: 'unhealthy', Log: [{ End: '2026-11-29T13:59:00Z', ExitCode: 1, Output: 'refused\n' }] },
    },
  });
  engine.past(eventLine('oom', id) + eventLine('die', id));
  return { kind: 'container', key: 'docker/edge-1/container/web', uid: id };
}

describe('evidence of a container', () => {
  it('has how it ended, its events, its log and all that the engine tells, without secrets', async () => {
    const evidence = await capture({ target: web(), labels: {}, clients, signal, now });
    expect(evidence.missing).toEqual([]);
    expect(evidence.at).toBe(now);
    expect(evidence.sections.map(({ title }) => title)).toEqual([
      'container web',
      'events of container web, of the last hour',
      'log of container web, its last lines',
      'container web, in full',
    ]);
    const [state, events, log, full] = evidence.sections.map(({ text }) => text);
    expect(state).toBe(
      [
        'exited, unhealthy, restarted 0 times by its policy (no)',
        'started 2026-11-29T13:59:00.000Z, ended last 2026-11-29T13:59:59.000Z with exit code 137, killed for want of memory',
        'image shop/web:1, sha256:shop/web:1',
        'health check 2026-11-29T13:59:00Z: exit code 1: refused',
      ].join('\n'),
    );
    expect(events).toMatch(/ oom\n.* die$/);
    expect(log).toBe('it starts\ndb password=<redacted> refused');
    expect(full).toContain('"DB_PASSWORD=<redacted>",\n      "TZ=UTC"');
    expect(JSON.stringify(evidence)).not.toContain('hunter2');
  });

  it('names what the engine does not tell, and has the rest', async () => {
    const target = web();
    engine.fail(/logs/, { status: 403, body: '{"message":"not allowed"}' });
    engine.fail(/events/, 'reset');
    const { missing, sections } = await capture({ target, labels: {}, clients, signal, now });
    expect(missing.toSorted()).toEqual([
      `docker engine edge-1 did not tell the log of ${target.uid}: HTTP 403: not allowed`,
      expect.stringMatching(/^events of container web: docker engine edge-1 at \S+ can not be reached/),
    ]);
    expect(sections.map(({ title }) => title)).toEqual(['container web', 'container web, in full']);
  });

  it('is what was told when the time is over', async () => {
    engine.fail(/logs/, 'hang');
    const { missing, sections } = await capture({ target: web(), labels: {}, clients, signal, now, withinMs: 3_000 });
    expect(missing).toEqual(['log of container web: no answer within 3 s']);
    expect(sections).toHaveLength(3);
  });

  it('has 64 KB of a log, of its end, and a line that says what was cut', async () => {
    const target = web();
    const lines = Array.from({ length: 20_000 }, (_, index) => `a line of the log, number ${index}\n`);
    engine.log(target.uid, frame(1, lines.join('')));
    const { sections } = await capture({ target, labels: {}, clients, signal, now });
    const text = sections.find(({ title }) => title.startsWith('log'))?.text ?? '';
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_536);
    expect(Buffer.byteLength(text)).toBeGreaterThan(60_000);
    expect(text).toMatch(/^\[\d+ lines before this left out: too long\]\na line of the log, number \d+\n/);
    expect(text).toMatch(/number 19999$/);
  });

  it('is nothing, with the reason, where nothing is to be had; and only the signal makes it throw', async () => {
    const gone = { kind: 'container', key: 'docker/edge-2/container/web' };
    const evidence = await capture({ target: gone, labels: {}, clients, signal, now });
    expect(evidence.sections).toEqual([]);
    expect(evidence.missing).toEqual(['docker/edge-2/container/web: docker engine edge-2 is no longer configured']);
    expect(evidenceText(evidence)).toBe(
      'evidence, taken 2026-11-29T14:00:00.000Z\n\nmissing:\n- docker/edge-2/container/web: docker engine edge-2 is no longer configured\n\nnothing was captured\n',
    );
    engine.fail(/./, 'hang');
    const abort = new AbortController();
    const taking = capture({ target: web(), labels: {}, clients, signal: abort.signal, now });
    abort.abort(new Error('the worker stops'));
    await expect(taking).rejects.toThrow('the worker stops');
  });
});

it('a human reads the sections under their titles', () => {
  expect(
    evidenceText({
      at: now,
      missing: [],
      sections: [
        { title: 'a', text: 'b\nc' },
        { title: 'd', text: 'e' },
      ],
    }),
  ).toBe('evidence, taken 2026-11-29T14:00:00.000Z\n\n== a\nb\nc\n\n== d\ne\n');
});
