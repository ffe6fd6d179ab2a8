import { createServer, type RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Alertmanager, startAlertmanager } from '../../test/harness/alertmanager.ts';
import { createAlertmanagerClient } from './alertmanager.ts';

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

async function silence(manager: Alertmanager, alertname: string): Promise<string> {
  const response = await fetch(`${manager.url}/api/v2/silences`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      matchers: [{ name: 'alertname', value: alertname, isRegex: false }],
      startsAt: new Date().toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
      createdBy: 'test',
      comment: 'test',
    }),
  });
  const answer: unknown = await response.json();
  return typeof answer === 'object' && answer !== null && 'silenceID' in answer ? String(answer.silenceID) : '';
}

describe('two real Alertmanagers that do not know each other', () => {
  const receiver = 'team.a (prod)/paramedic';
  let one: Alertmanager;
  let two: Alertmanager;

  beforeEach(async () => {
    const options = { webhookUrl: 'http://127.0.0.1:9/webhook', receiver, groupWait: '1h' };
    [one, two] = await Promise.all([startAlertmanager(options), startAlertmanager(options)]);
    closers.push(
      () => one.stop(),
      () => two.stop(),
    );
  });

  it('are one list: active in one is active, suppressed is what no peer has active, and one may be down', async () => {
    const startsAt = '2026-01-02T03:04:05.678Z';
    const generatorURL = 'http://prometheus/graph';
    const both = { labels: { alertname: 'Both', x: '1' }, annotations: { summary: 's' }, generatorURL };
    await one.post([{ ...both, startsAt }, { labels: { alertname: 'OnlyOne' } }]);
    await two.post([{ ...both, startsAt: '2026-01-02T03:05:00Z' }, { labels: { alertname: 'OnlyTwo' } }]);
    const peers: [string, boolean][] = [];
    const client = createAlertmanagerClient({
      urls: [one.url, two.url],
      onPeer: (url, answered) => peers.push([url, answered]),
    });

    const first = await client.list();
    expect(first).toMatchObject({ reachable: 2, errors: [] });
    expect(first.alerts).toHaveLength(3);
    expect(new Set(first.alerts.map((alert) => alert.labels['alertname']))).toEqual(
      new Set(['Both', 'OnlyOne', 'OnlyTwo']),
    );

    const silenceOne = await silence(one, 'Both');
    expect((await client.list({ alertname: 'Both' })).alerts).toEqual([
      {
        fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
        labels: both.labels,
        annotations: both.annotations,
        startsAt: Date.parse(startsAt),
        generatorURL: 'http://prometheus/graph',
        state: 'active',
        suppressedBy: [],
        receivers: [receiver],
      },
    ]);

    const inOtherOrder = createAlertmanagerClient({ urls: [two.url, one.url] });
    expect((await inOtherOrder.list({ alertname: 'Both' })).alerts).toMatchObject([
      { state: 'active', suppressedBy: [] },
    ]);

    const silenceTwo = await silence(two, 'Both');
    expect((await client.list({ alertname: 'Both' })).alerts).toMatchObject([
      { state: 'suppressed', suppressedBy: [`silence ${silenceOne}`, `silence ${silenceTwo}`] },
    ]);

    await two.stop();
    const last = await client.list({ alertname: 'Both' });
    expect(last).toMatchObject({ reachable: 1, alerts: [{ suppressedBy: [`silence ${silenceOne}`] }] });
    expect(last.errors).toEqual([expect.stringContaining(`Alertmanager at ${two.url} can not be reached:`)]);
    expect(peers.slice(-2)).toEqual([
      [one.url, true],
      [two.url, false],
    ]);
  });

  it.each(['q"uo\\te', 'a,b={}=~"x"', 'é \u{1F691}', 'two\nlines', '\\n', '.*', ' spaced '])(
    'are asked for the alert named %j and no other',
    async (alertname) => {
      await one.post([{ labels: { alertname } }, { labels: { alertname: 'Other' } }]);
      const reading = await createAlertmanagerClient({ urls: [one.url] }).list({ alertname });
      expect(reading.errors).toEqual([]);
      expect(reading.alerts.map((alert) => alert.labels['alertname'])).toEqual([alertname]);
    },
  );
});

describe('peers that are no Alertmanager', () => {
  it('are one sentence each, and never an exception', async () => {
    const urls = [
      await serving((_req, res) => res.setHeader('content-type', 'text/html').end('<html>hello</html>')),
      await serving((_req, res) => res.writeHead(500).end('boom')),
      await serving((_req, res) => res.end('{"status":"success"}')),
      await serving((_req, res) => res.end('[{"fingerprint":1}]')),
      await serving((_req, res) => res.end(`"${'x'.repeat(2000)}"`)),
      await serving(() => {}),
      await serving((req) => req.socket.destroy()),
      'not a url',
    ];
    const reading = await createAlertmanagerClient({ urls, timeoutMs: 2_000, maxBytes: 1000 }).list();
    expect(reading).toMatchObject({ reachable: 0, alerts: [] });
    expect(reading.errors).toEqual([
      `Alertmanager at ${urls[0]} answered with something else than JSON (text/html): <html>hello</html>; is it one?`,
      `Alertmanager at ${urls[1]} answered HTTP 500: boom`,
      `Alertmanager at ${urls[2]} answered with something else than a list of alerts (at ""); is it one?`,
      `Alertmanager at ${urls[3]} answered with something else than a list of alerts (at "0.fingerprint"); is it one?`,
      `Alertmanager at ${urls[4]} answered with more than 1000 bytes`,
      `Alertmanager at ${urls[5]} did not answer within 2 s`,
      expect.stringContaining(`Alertmanager at ${urls[6]} can not be reached:`),
      expect.stringContaining('Alertmanager at not a url can not be reached: Invalid URL'),
    ]);
  });

  it('do not hold an alert back that another peer lists, and a muted alert names its time interval', async () => {
    const alert = {
      fingerprint: 'f',
      labels: { alertname: 'A' },
      startsAt: '2026-01-02T03:04:05Z',
      receivers: [{ name: 'r' }],
      status: { state: 'suppressed', silencedBy: [], inhibitedBy: ['g'], mutedBy: ['weekend'] },
    };
    const paths: (string | undefined)[] = [];
    const good = await serving((req, res) => {
      paths.push(req.url);
      res.end(JSON.stringify([alert]));
    });
    const hangs = await serving(() => {});
    const reading = await createAlertmanagerClient({ urls: [hangs, `${good}/am/`], timeoutMs: 2_000 }).list();
    expect(reading).toMatchObject({ reachable: 1, alerts: [{ suppressedBy: ['inhibited by g', 'muted by weekend'] }] });
    expect(paths).toEqual(['/am/api/v2/alerts?active=true&silenced=true&inhibited=true&unprocessed=true']);
  });

  it('throws only when the signal of the caller aborts', async () => {
    const controller = new AbortController();
    const hangs = await serving(() => controller.abort());
    const client = createAlertmanagerClient({ urls: [hangs] });
    await expect(client.list(undefined, controller.signal)).rejects.toMatchObject({ reason: 'aborted' });
  });

  it('answers fifty who ask at once without more than four reads at a time, and the others when one gives up', async () => {
    let now = 0;
    let most = 0;
    let all = 0;
    const held: (() => void)[] = [];
    const counting = await serving((_request, response) => {
      all += 1;
      now += 1;
      most = Math.max(most, now);
      held.push(() => {
        now -= 1;
        response.setHeader('content-type', 'application/json').end('[]');
      });
    });
    const client = createAlertmanagerClient({ urls: [counting], timeoutMs: 20_000 });
    const gone = new AbortController();
    const asked = Array.from({ length: 50 }, (_, index) =>
      client.list({ alertname: 'Down' }, index % 2 === 0 ? new AbortController().signal : gone.signal),
    );
    const ends = Promise.allSettled(asked);
    await expect.poll(() => held.length).toBe(4);
    gone.abort();
    for (let answered = 0; answered < 5; answered += 1) {
      await expect.poll(() => held.length).toBeGreaterThan(0);
      held.shift()?.();
    }
    expect((await ends).map(({ status }) => status)).toEqual(
      asked.map((_, index) => (index % 2 === 0 ? 'fulfilled' : 'rejected')),
    );
    expect([most, all]).toEqual([4, 5]);
  });
});
