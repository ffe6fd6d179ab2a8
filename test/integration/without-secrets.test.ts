import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { recoveries } from '../../src/cli/recoveries.ts';
import type { Question } from '../../src/domain/approval.ts';
import type { Recovery } from '../../src/domain/recovery.ts';
import { yes } from '../../src/domain/verdict.ts';
import { createApp, listen } from '../../src/http/server.ts';
import { notRecovered, sampleNow, waiting } from '../fakes/sample-recoveries.ts';
import { toldRecoveries } from '../fakes/told-recoveries.ts';
import { testDeps } from './webhook-deps.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const secret = 'hunter2-secret';
/** No plan of ours pins as much any more: what is in the store from before, or from an action to come, is hidden too. */
const job = {
  metadata: { name: 'nightly-1-rerun' },
  spec: {
    template: {
      spec: {
        restartPolicy: 'Never',
        containers: [
          {
            name: 'main',
            image: 'backup:1',
            args: ['--password', secret, `--api-key=${secret}`],
            command: ['sh', '-c', `export DB_PASSWORD=${secret}\n./run postgres://backup:${secret}@db/shop`],
            env: [
              { name: 'DB_PASSWORD', value: secret },
              { name: 'TZ', value: 'UTC' },
              { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'db', key: 'token' } } },
            ],
          },
        ],
      },
    },
  },
};
const plan = {
  summary: 'rerun-job job shop/nightly-1 (failed): its work once more',
  touches: ['kubernetes/prod/shop/job/nightly-1'],
  change: { cluster: 'prod', namespace: 'shop', name: 'nightly-1', rerun: job },
  ownTimeMs: 5_000,
};
const question: Question = {
  action: 'rerun-job/job',
  step: 0,
  candidate: 0,
  plan,
  reason: 'risk',
  at: 1,
  expiresAt: 2,
};
const asks: Recovery = { ...waiting, id: 'r_asks', question, outcome: { result: 'planned', reason: 'asks', question } };
const acted: Recovery = {
  ...notRecovered,
  id: 'r_acted',
  approval: { ...question, by: 'ops', approvedAt: 1 },
  journal: [
    { step: 0, candidate: 0, phase: 'planned', at: 1, plan, before: { spec: job.spec } },
    { step: 0, candidate: 0, phase: 'verified', at: 2, plan, verdict: yes('it has completed') },
  ],
};

/** A server with both, and what the command line prints that talks to it. */
async function served() {
  const server = await listen(createApp(testDeps(toldRecoveries([asks, acted]).deps).deps), {
    host: '127.0.0.1',
    port: 0,
  });
  closers.push(() => server.close(0));
  const headers = { authorization: `Basic ${Buffer.from('ops:pass:word').toString('base64')}`, accept: 'text/html' };
  const get = async (path: string): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { headers });
    expect([path, answer.status]).toEqual([path, 200]);
    return answer.text();
  };
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-secrets-'));
  closers.push(() => rm(dir, { recursive: true }));
  const config = join(dir, 'paramedic.yml');
  await writeFile(
    config,
    `listen: 127.0.0.1:${server.port}\nui: {basic_auth: {username: ops, password: 'pass:word'}}\n`,
  );
  const run = async (args: readonly string[], json = false): Promise<string> => {
    const lines: string[] = [];
    await recoveries(args, { config, env: {}, now: sampleNow, json, out: (line) => void lines.push(line) });
    return lines.join('\n');
  };
  return { get, run };
}

test('the secrets of a Job that is to be made are on no page, in no answer and on no terminal', async () => {
  const { get, run } = await served();
  const texts = [
    await get('/'),
    await get('/api/v1/recoveries'),
    await run(['list']),
    await run(['list'], true),
    await get('/recoveries/r_acted'),
    await run(['show', 'r_acted']),
  ];
  const whole = [
    await get('/recoveries/r_asks'),
    await get('/api/v1/recoveries/r_asks'),
    await get('/api/v1/recoveries/r_acted'),
    await run(['show', 'r_asks']),
    await run(['show', 'r_asks'], true),
    await run(['show', 'r_acted'], true),
  ];
  for (const text of [...texts, ...whole]) expect(text).not.toContain(secret);
  // What a human has to see before a yes is there.
  for (const text of whole)
    for (const said of ['DB_PASSWORD', 'redacted', 'UTC', 'backup:1']) expect(text).toContain(said);
});

test('what is no secret, and what only names one, is shown as it is', async () => {
  const { get } = await served();
  const shown: unknown = JSON.parse(await get('/api/v1/recoveries/r_asks'));
  expect(shown).toMatchObject({
    id: 'r_asks',
    question: {
      plan: {
        summary: plan.summary,
        touches: plan.touches,
        change: {
          cluster: 'prod',
          namespace: 'shop',
          name: 'nightly-1',
          rerun: {
            metadata: job.metadata,
            spec: {
              template: {
                spec: {
                  restartPolicy: 'Never',
                  containers: [
                    {
                      name: 'main',
                      image: 'backup:1',
                      env: [
                        { name: 'DB_PASSWORD', value: '<redacted>' },
                        { name: 'TZ', value: 'UTC' },
                        { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'db', key: 'token' } } },
                      ],
                    },
                  ],
                },
              },
            },
          },
        },
      },
    },
  });
});
