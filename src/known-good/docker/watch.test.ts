import { beforeEach, describe, expect, it } from 'vitest';
import { dockerMemory, type DockerMemory } from '../../../test/fakes/docker-memory.ts';
import { createDockerClient } from '../../clients/docker.ts';
import type { DockerClient } from '../../domain/clients.ts';
import type { ObjectEvent } from '../../domain/docker-objects.ts';
import { ActionError } from '../../domain/errors.ts';
import { createDockerWatch } from './watch.ts';

const web = 'docker/edge-1/container/web';
const id = (name: string): string => name.padEnd(64, '0');
const started = '2026-01-01T00:00:01Z';
const described = (name: string, own = id(name), more: object = {}) => ({
  Id: own,
  Name: `/${name}`,
  Image: 'sha256:1',
  Created: '2026-01-01T00:00:00Z',
  Config: { Image: 'app:1', Labels: null, ...more },
  HostConfig: {},
  State: { Status: 'running', StartedAt: started },
});

/** An engine that holds what it is given; its stream of events is ours. */
let there: Map<string, ReturnType<typeof described>>;
let failing: { readonly of: RegExp; readonly error: Error } | undefined;
let asked: string[];
let emit: (event: Partial<ObjectEvent>) => void;
let breakOff: (error: Error) => void;
let client: DockerClient;
let memory: DockerMemory;
let errors: unknown[];
const answer = async <T>(what: string, value: () => T): Promise<T> => {
  asked.push(what);
  if (failing?.of.test(what)) throw failing.error;
  return value();
};
const away = new ActionError('docker engine edge-1 can not be reached', 'unreachable', true);

beforeEach(async () => {
  there = new Map([[id('web'), described('web')]]);
  failing = undefined;
  asked = [];
  errors = [];
  memory = dockerMemory();
  client = {
    ...(await createDockerClient({ name: 'edge-1', host: 'tcp://127.0.0.1:1', instances: [] })),
    list: () =>
      answer('list', () => [...there].map(([one, { Name }]) => ({ id: one, name: Name.slice(1), labels: {} }))),
    describe: (one) => answer(`describe ${one.replace(/0+$/, '')}`, () => there.get(one)),
    networks: () => answer('networks', () => []),
    volumes: () => answer('volumes', () => []),
    objectEvents: (onEvent, signal) =>
      new Promise((resolve, reject) => {
        emit = (event) => onEvent({ type: 'container', action: 'start', id: '', container: '', at: 7, ...event });
        breakOff = reject;
        signal.addEventListener('abort', () => resolve(), { once: true });
      }),
  };
});

/** Sleeps until it is woken: `wake` ends every sleep there is. */
function heldClock() {
  const sleeping = new Set<() => void>();
  return {
    now: () => 1_000,
    sleep: (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason);
        sleeping.add(resolve);
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
    wake: () => {
      for (const resolve of sleeping) resolve();
      sleeping.clear();
    },
  };
}

async function watched(test: (clock: ReturnType<typeof heldClock>) => Promise<void>): Promise<void> {
  const over = new AbortController();
  const clock = heldClock();
  const watch = createDockerWatch(client, { clock, resyncMs: 30_000, onError: (error) => errors.push(error) });
  expect(watch.place).toBe('docker/edge-1');
  const running = watch.run(memory, over.signal);
  await memory.until(() => memory.state() !== undefined);
  await test(clock);
  over.abort();
  await running;
}

describe('the watch of an engine', () => {
  it('tells what is there, by the time it was made', () =>
    watched(async () => {
      expect(memory.state()).toBe('');
      const at = Date.parse('2026-01-01T00:00:00Z');
      expect(memory.history(web)).toMatchObject({ versions: [{ at, by: '', uid: id('web') }] });
      expect(memory.wellSince(web)).toBe(Date.parse(started));
    }));

  it('reads one container upon its event, and nothing upon a health check being run', () =>
    watched(async () => {
      asked.length = 0;
      emit({ action: 'exec_create: test', container: id('db') });
      there.set(id('web'), { ...described('web'), State: { Status: 'exited', StartedAt: started } });
      emit({ action: 'die', container: id('web') });
      await memory.until(() => memory.wellSince(web) === undefined);
      expect(asked).toEqual(['describe web']);
    }));

  it('reads a container that was connected or disconnected', () =>
    watched(async () => {
      asked.length = 0;
      there.set(id('web'), described('web', id('web'), { User: 'x' }));
      emit({ type: 'network', action: 'disconnect', id: 'n1', container: id('web') });
      await memory.until(() => memory.history(web)?.versions.length === 2);
      expect(asked).toEqual(['describe web']);
      // Nobody tells when, so whoever records it takes the time it came.
      expect(memory.history(web)?.versions[0]?.at).not.toBe(Date.parse('2026-01-01T00:00:00Z'));
    }));

  it('tells what we have made by our name, and that what it replaced is not gone', () =>
    watched(async () => {
      const gone: string[] = [];
      memory.gone = (key) => void gone.push(key);
      there.clear();
      const labels = { 'paramedic.dev/recreated-from': id('web') };
      there.set(id('new'), described('web', id('new'), { User: 'x', Labels: labels }));
      emit({ action: 'rename', container: id('new') });
      await memory.until(() => memory.history(web)?.versions[0]?.uid === id('new'));
      expect(memory.history(web)).toMatchObject({ versions: [{ by: 'paramedic' }, {}] });
      expect(gone).toEqual([]);
      expect(memory.history(web)).not.toHaveProperty('goneAt');
    }));

  it('tells that it was renamed, and is gone once it is set aside', () =>
    watched(async () => {
      const shop = 'docker/edge-1/container/shop';
      there.set(id('web'), { ...described('web'), Name: '/shop' });
      // Seen before the event of its new name comes.
      emit({ action: 'start', container: id('web'), at: 1_000 });
      await memory.until(() => memory.wellSince(shop) !== undefined);
      emit({ action: 'rename', container: id('web') });
      expect(memory.history(web)).toMatchObject({ goneAt: 1_000 });
      const aside = 'shop-paramedic-old-0123456789ab';
      there.set(id('web'), { ...described('web'), Name: `/${aside}` });
      emit({ action: 'rename', container: id('web') });
      await memory.until(() => memory.history(shop)?.goneAt !== undefined);
      expect(memory.history(`docker/edge-1/container/${aside}`)).toBeUndefined();
    }));

  it('says that nobody watches while the engine is away, and goes on once it is back', () =>
    watched(async (clock) => {
      failing = { of: /./, error: away };
      breakOff(away);
      await memory.until(() => memory.state() !== '');
      expect(memory.state()).toBe('docker engine edge-1 is not watched: docker engine edge-1 can not be reached');
      expect(errors).toEqual([away]);
      expect(memory.history(web)).not.toHaveProperty('goneAt');
      failing = undefined;
      const back = memory.until(() => memory.state() === '');
      clock.wake();
      await back;
    }));

  it('keeps a container that alone can not be read, and the others', () =>
    watched(async () => {
      const error = new ActionError('HTTP 500', 'server-error', true);
      failing = { of: /^describe web$/, error };
      there.set(id('db'), described('db'));
      emit({ action: 'create', container: id('db') });
      await memory.until(() => memory.history('docker/edge-1/container/db') !== undefined);
      expect(errors).toEqual([error]);
      expect(memory.state()).toBe('');
      expect(memory.history(web)).not.toHaveProperty('goneAt');
    }));
});
