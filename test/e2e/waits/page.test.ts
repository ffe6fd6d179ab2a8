import { expect, it } from 'vitest';
import { acknowledge, pageOf, pagesOf, record, untilNoPage, upkeepRan } from '../our-pages.ts';
import { hopeless } from './hopeless.ts';

// `scripts/page-series.mjs` sets it: for how long a page is watched.
const minutes = Number(process.env['PAGE_MINUTES'] ?? 0);

it(
  'a fix that does not help calls a human, again and again, until he acknowledges',
  { timeout: 240_000 + minutes * 60_000 },
  async () => {
    const { alertmanager, paramedic, victim, events, ended } = await hopeless();
    const recovery = await ended();
    const first = await pageOf(alertmanager, victim);
    const since = Date.now();
    expect(first).toMatchObject({
      labels: {
        engine: 'test',
        name: victim.name,
        severity: 'warning',
        recovery_alert: 'DockerContainerUnhealthy',
        recovery_outcome: 'not-recovered',
        recovery_playbook: 'restart',
        recovery_target: `docker/test/container/${victim.name}`,
      },
      annotations: { next: `paramedic ack ${recovery}` },
      status: { state: 'active' },
    });
    expect(first.annotations['tried']).toMatch(/^restart\/container: tried \(after \d+ s: /);

    // The route that brings every alert to us brings this one too.
    const back = await paramedic.waitForLog(
      ({ event, alertname }) => event === 'decided' && alertname === 'ParamedicRecoveryFailed',
    );
    expect(back).toMatchObject({ decision: 'none', reason: 'it is about Paramedic itself' });

    // It would end by itself if it were not sent again: each time it is, its end moves on.
    let resent = 0;
    let last = first;
    while (resent < 2 || Date.now() < since + minutes * 60_000) {
      const updatedAt = async () => Date.parse((await pageOf(alertmanager, victim)).updatedAt);
      await expect.poll(updatedAt, { timeout: 60_000, interval: 500 }).toBeGreaterThan(Date.parse(last.updatedAt));
      const now = await pageOf(alertmanager, victim);
      expect(Date.parse(now.endsAt)).toBeGreaterThan(Date.parse(last.endsAt));
      expect([now.fingerprint, now.startsAt]).toEqual([first.fingerprint, first.startsAt]);
      last = now;
      resent += 1;
    }
    const firedMs = Date.now() - since;

    const askedAt = Date.now();
    expect(await acknowledge(paramedic, recovery)).toEqual({
      code: 0,
      out: `${recovery} is acknowledged: its page is resolved\n`,
      err: '',
    });
    await untilNoPage(alertmanager, victim);
    record({ what: 'page', firedS: firedMs / 1000, resent, toResolvedS: (Date.now() - askedAt) / 1000 });

    // For good, although what it told of goes on.
    await upkeepRan(paramedic);
    expect(await pagesOf(alertmanager, victim)).toEqual([]);
    expect((await alertmanager.list()).map(({ labels }) => labels['alertname'])).toEqual(['DockerContainerUnhealthy']);
    expect(await acknowledge(paramedic, recovery)).toMatchObject({
      code: 2,
      err: `${recovery} calls nobody, and has used up no budget\n`,
    });
    await events.settled();
    expect(events.count('restart')).toBe(1);
  },
);
