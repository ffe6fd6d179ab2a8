import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { watchEvents } from '../harness/docker-events.ts';
import { type Scene, startScene } from '../harness/scene.ts';

const scenes: Scene[] = [];
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close();
});

it('a recovery whose job was deleted by hand still ends, and acts once', async () => {
  const scene = await startScene({ verify: { within: '60s', stable: '8s' } });
  scenes.push(scene);
  const { containers, paramedic, redis } = scene;
  const web = await containers.web('lost');
  await web.until('running', 'healthy');
  await web.kill();
  const events = await watchEvents(web.id);
  const labels = { alertname: 'DockerContainerDown', engine: 'test', name: web.name };
  expect(await scene.post([{ labels }])).toBe(202);
  await paramedic.waitForLog(({ event }) => event === 'applied');
  // Halted, it hands the job back, and the job can be deleted as in the queue UI of another tool.
  await paramedic.halt();
  const connection = new Redis(redis.url);
  scene.own({ stop: async () => connection.disconnect() });
  const queue = new Queue('recoveries', { connection, prefix: 'paramedic:queue' });
  const [job] = await queue.getWaiting();
  expect(await queue.remove(job?.id ?? '')).toBe(1);
  await queue.close();

  await paramedic.restart();
  const begun = await paramedic.waitForLog(({ event }) => event === 'begun', 60_000);
  expect(begun).toMatchObject({ resumed: true, attempt: 1 });
  const ended = await paramedic.waitForLog(({ event }) => event === 'ended', 90_000);
  expect(ended['result']).toBe('recovered');
  await events.settled();
  events.close();
  expect(events.count('start')).toBe(1);
});
