import { createServer, type RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Alertmanager, startAlertmanager } from '../../test/harness/alertmanager.ts';
import { createAlertmanagerClient } from './alertmanager.ts';
import { createSilencer } from './alertmanager-silences.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function serving(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => server.closeAllConnections() ?? server.close(resolve)));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

const wanted = (labels: Record<string, string>) => {
  const now = Date.now();
  return { labels, createdBy: 'paramedic', comment: 'c', startsAt: now - 60_000, endsAt: now + 300_000 };
};

async function suppressed(...managers: Alertmanager[]): Promise<readonly Record<string, string>[]> {
  const { alerts } = await createAlertmanagerClient({ urls: managers.map(({ url }) => url) }).list();
  return alerts.flatMap(({ state, labels }) => (state === 'suppressed' ? [{ ...labels }] : []));
}

describe('a real Alertmanager', () => {
  let manager: Alertmanager;
  beforeEach(async () => {
    manager = await startAlertmanager({ webhookUrl: 'http://127.0.0.1:9/webhook', groupWait: '1h' });
    closers.push(() => manager.stop());
  });

  it('suppresses exactly the alert that is silenced, until it is expired', async () => {
    const labels = { alertname: 'Down', instance: 'a:9100', path: 'q"uo\\te\nline é\u{1F691} .*=~{},', empty: '' };
    const others = [
      { ...labels, instance: 'b:9100' },
      { ...labels, path: 'q"uo\\te\\nline é\u{1F691} .*=~{},' },
      { ...labels, empty: 'no more' },
      { ...labels, device: 'sda' },
      { alertname: 'Down', instance: 'a:9100' },
    ];
    await manager.post([labels, ...others].map((one) => ({ labels: one })));
    const silencer = createSilencer({ urls: [manager.url] });
    const { empty: _, ...listed } = labels;

    const silence = wanted({ ...labels, device: '' });
    const id = await silencer.silence(silence);
    expect(await suppressed(manager)).toEqual([listed]);
    const { alerts } = await createAlertmanagerClient({ urls: [manager.url] }).list();
    expect(alerts.find(({ state }) => state === 'suppressed')?.suppressedBy).toEqual([`silence ${id}`]);

    expect(await silencer.silencesBy('paramedic')).toEqual([
      { ...silence, id, state: 'active', startsAt: expect.any(Number) },
    ]);
    expect(await silencer.silencesBy('somebody')).toEqual([]);

    await silencer.expire(id);
    expect(await suppressed(manager)).toEqual([]);
    expect(await silencer.silencesBy('paramedic')).toMatchObject([{ id, state: 'expired' }]);
    await silencer.expire(id);
    await silencer.expire('00000000-0000-0000-0000-000000000000');
  });

  it('is told of once: the next peer is asked where the first does not answer, and refuses us in a sentence', async () => {
    const hangs = await serving(() => {});
    // As long as a real one may need on a busy machine.
    const silencer = createSilencer({ urls: [hangs, manager.url], timeoutMs: 5_000 });
    await manager.post([{ labels: { alertname: 'Down' } }]);
    const id = await silencer.silence(wanted({ alertname: 'Down' }));
    expect(await suppressed(manager)).toEqual([{ alertname: 'Down' }]);
    expect(await silencer.silencesBy('paramedic')).toMatchObject([{ id }]);
    await silencer.expire(id);
    expect(await suppressed(manager)).toEqual([]);
    await expect(createSilencer({ urls: [manager.url] }).silence(wanted({}))).rejects.toMatchObject({
      reason: 'bad-request',
      message: expect.stringContaining('matchers in body should have at least 1 items'),
    });
  });

  it('lists what a human matches by a regular expression without the labels of one alert', async () => {
    const { createdBy, comment, startsAt, endsAt } = wanted({});
    await fetch(`${manager.url}/api/v2/silences`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        createdBy,
        comment,
        startsAt: new Date(startsAt).toISOString(),
        endsAt: new Date(endsAt).toISOString(),
        matchers: [{ name: 'alertname', value: 'Down.*', isRegex: true }],
      }),
    });
    const [found] = await createSilencer({ urls: [manager.url] }).silencesBy('paramedic');
    expect(found).toMatchObject({ state: 'active' });
    expect(found).not.toHaveProperty('labels');
  });
});

it('two peers of a group tell each other: made at one, it suppresses at both and is ended at the other', async () => {
  const webhookUrl = 'http://127.0.0.1:9/webhook';
  const one = await startAlertmanager({ webhookUrl, groupWait: '1h', peers: [] });
  closers.push(() => one.stop());
  const two = await startAlertmanager({ webhookUrl, groupWait: '1h', peers: [one.clusterAddress] });
  closers.push(() => two.stop());
  for (const peer of [one, two]) await peer.post([{ labels: { alertname: 'Down' } }]);
  const id = await createSilencer({ urls: [one.url, two.url] }).silence(wanted({ alertname: 'Down' }));
  await expect.poll(() => suppressed(two), { timeout: 20_000 }).toHaveLength(1);
  await createSilencer({ urls: [two.url, one.url] }).expire(id);
  await expect.poll(() => suppressed(one), { timeout: 20_000 }).toEqual([]);
});

describe('peers that are no Alertmanager', () => {
  it('are an ActionError with a sentence', async () => {
    const html = await serving((_req, res) => res.setHeader('content-type', 'text/html').end('<html>'));
    const other = await serving((_req, res) => res.setHeader('content-type', 'application/json').end('[{"id":1}]'));
    await expect(createSilencer({ urls: [html] }).silence(wanted({ a: 'b' }))).rejects.toMatchObject({
      name: 'ActionError',
      message: `Alertmanager at ${html} answered with something else than JSON (text/html): <html>; is it one?`,
    });
    await expect(createSilencer({ urls: [other] }).silence(wanted({ a: 'b' }))).rejects.toMatchObject({
      message: `Alertmanager at ${other} answered with something else than the id of a silence (at ""); is it one?`,
    });
    await expect(createSilencer({ urls: [other] }).silencesBy('paramedic')).rejects.toMatchObject({
      reason: 'server-error',
      message: `Alertmanager at ${other} answered with something else than a list of silences (at "0.id"); is it one?`,
    });
  });

  it('hold up nobody: 2 s are enough for each, and a signal is heard', async () => {
    const hangs = await serving(() => {});
    const silencer = createSilencer({ urls: [hangs, hangs], timeoutMs: 100 });
    await expect(silencer.expire('s')).rejects.toMatchObject({ reason: 'timeout' });
    await expect(silencer.silencesBy('paramedic')).rejects.toMatchObject({ reason: 'timeout' });
    const gone = new AbortController();
    const asked: string[] = [];
    const first = await serving((req) => {
      asked.push(req.method ?? '');
      gone.abort();
    });
    const patient = createSilencer({ urls: [first, first], timeoutMs: 20_000 });
    await expect(patient.silence(wanted({ a: 'b' }), gone.signal)).rejects.toMatchObject({ reason: 'aborted' });
    expect(asked).toEqual(['POST']);
  });

  it('are no proof that a silence is over: the one that may know it could not be asked', async () => {
    const knowsNothing = await serving((_req, res) => res.writeHead(500).end('"silence not found"'));
    const knowsNothingNewer = await serving((_req, res) => res.writeHead(404).end());
    const refuses = await serving((_req, res) => res.writeHead(403).end());
    await createSilencer({ urls: [knowsNothing, knowsNothingNewer] }).expire('s');
    for (const urls of [
      [refuses, knowsNothing],
      [knowsNothingNewer, refuses],
    ])
      await expect(createSilencer({ urls }).expire('s')).rejects.toMatchObject({ reason: 'forbidden' });
  });

  it('are one list: what one of them says is expired is so', async () => {
    const silence = (state: string) => ({
      id: 's',
      createdBy: 'paramedic',
      comment: 'c',
      startsAt: '2026-01-02T03:04:05.678Z',
      endsAt: '2026-01-02T03:09:05.678+00:00',
      matchers: [{ name: 'alertname', value: 'Down', isRegex: false }],
      status: { state },
    });
    const answering = (state: string) => serving((_req, res) => res.end(JSON.stringify([silence(state)])));
    const [active, expired] = [await answering('active'), await answering('expired')];
    for (const urls of [
      [active, expired],
      [expired, active],
    ])
      expect(await createSilencer({ urls }).silencesBy('paramedic')).toMatchObject([
        { state: 'expired', labels: { alertname: 'Down' }, endsAt: Date.parse('2026-01-02T03:09:05.678Z') },
      ]);
  });
});
