import { afterEach, expect, it } from 'vitest';
import { startAlertmanager } from '../harness/alertmanager.ts';
import { freePort } from '../harness/process.ts';
import { type Scene, startScene } from '../harness/scene.ts';

const scenes: Scene[] = [];
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close();
});

it('an alert whose notification never reached us is found in Alertmanager once we are back', async () => {
  const port = await freePort();
  const scene = await startScene({ alertmanagers: [`http://127.0.0.1:${port}`] });
  scenes.push(scene);
  const { containers, paramedic } = scene;
  // Nobody ever listens there: what Paramedic learns, it has read for itself.
  const webhookUrl = `http://127.0.0.1:${await freePort()}/webhook`;
  const alertmanager = scene.own(await startAlertmanager({ webhookUrl, port }));
  const web = await containers.web('down');
  await web.until('running', 'healthy');
  await paramedic.halt();
  await web.kill();
  const labels = { alertname: 'DockerContainerDown', engine: 'test', name: web.name };
  await alertmanager.post([{ labels }]);
  await paramedic.restart();
  const begun = await paramedic.waitForLog(({ event }) => event === 'begun', 60_000);
  expect(begun['target']).toBe(`docker/test/container/${web.name}`);
  const ended = await paramedic.waitForLog(({ event }) => event === 'ended', 60_000);
  expect(ended['result']).toBe('recovered');
  await web.until('running', 'healthy');
});
