import { afterAll, beforeAll, expect, it } from 'vitest';
import { prepareFaults } from './fault-batch.ts';
import { faults } from './faults.ts';
import { runFault } from './run-fault.ts';

const some = faults.filter(({ name }) => name === 'config-and-restart');
let batch: Awaited<ReturnType<typeof prepareFaults>> | undefined;
beforeAll(async () => {
  batch = await prepareFaults(some);
});
afterAll(() => batch?.stop());

it('puts back what was remembered before Paramedic and its Redis were started anew', async () => {
  const [fault] = some;
  if (batch === undefined || fault === undefined) throw new Error('the scene did not start');
  const { scene, place } = batch;
  await scene.paramedic.halt();
  await scene.redis.restart();
  await scene.paramedic.restart();
  const { ended } = await runFault(fault, place(fault.name), scene);
  expect(ended).toEqual([expect.stringMatching(/^deployment\/web: recovered: /)]);
});
