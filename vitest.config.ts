import { defineConfig } from 'vitest/config';

const engineTests = ['test/docker/**/*.test.ts', 'test/e2e/**/*.test.ts'];
const waits = ['test/e2e/waits/**/*.test.ts'];
const clusterTests = ['test/kube/**/*.test.ts'];
const aloneOnCluster = ['test/kube/alone/**/*.test.ts'];
// Each of restic's calls takes half a second of the processor to make a key of a password.
const resticTests = [
  'src/backups/restic/**/*.test.ts',
  'src/backups/take-backup.test.ts',
  'src/backups/sources/etcd/etcd.test.ts',
  'test/integration/backup-step.test.ts',
  'test/integration/run-backup.test.ts',
  'test/integration/restore-killed.test.ts',
  'test/integration/restore-broken-off.test.ts',
  'test/integration/left-locks.test.ts',
  'test/integration/own-identity.test.ts',
  'test/integration/whose-points.test.ts',
  'test/integration/restore-own.test.ts',
  'test/integration/restore-own-broken-off.test.ts',
  'test/integration/restore-step.test.ts',
  'test/integration/run-drill.test.ts',
  'test/integration/run-restore.test.ts',
  'test/integration/restores-at-once.test.ts',
  'test/integration/repository-care.test.ts',
  'test/integration/ahead-of-clock.test.ts',
  'test/integration/damaged-repository.test.ts',
  'test/integration/rotten-manifests.test.ts',
  'test/integration/repository-copy.test.ts',
  'test/integration/scheduled-backups.test.ts',
];
// A series, not a test: `npx vitest run --project race`.
const races = ['test/race/**/*.test.ts'];
const timeouts = (timeoutMs: number) => ({
  testTimeout: timeoutMs,
  hookTimeout: timeoutMs,
  // A second, as it is without this, is not enough on a busy machine; what comes sooner is seen sooner.
  expect: { poll: { timeout: timeoutMs / 2 } },
});

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'race', include: races, ...timeouts(120_000) } },
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: [...engineTests, ...clusterTests, ...races, ...resticTests],
          ...timeouts(60_000),
        },
      },
      { test: { name: 'restic', include: resticTests, ...timeouts(240_000) } },
      // One file at a time: they share one engine, and measure.
      {
        test: {
          name: 'docker',
          include: engineTests,
          exclude: waits,
          fileParallelism: false,
          ...timeouts(180_000),
        },
      },
      // They wait for minutes of a real Prometheus and Alertmanager, and for nothing else.
      {
        test: {
          name: 'docker-waits',
          include: waits,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          ...timeouts(240_000),
        },
      },
      // Side by side, each file in namespaces of its own: they mostly wait, and more than four would wait for the processor.
      {
        test: {
          name: 'kube',
          include: clusterTests,
          exclude: aloneOnCluster,
          setupFiles: ['test/harness/kube-nodes-left-alone.ts'],
          maxWorkers: 4,
          sequence: { groupOrder: 2 },
          ...timeouts(600_000),
        },
      },
      // One file at a time, after those: what cordons or drains a node is in every other one's way.
      {
        test: {
          name: 'kube-alone',
          include: aloneOnCluster,
          fileParallelism: false,
          ...timeouts(300_000),
        },
      },
    ],
  },
});
