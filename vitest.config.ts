import { defineConfig } from 'vitest/config';

const engineTests = ['test/docker/**/*.test.ts', 'test/e2e/**/*.test.ts'];
const clusterTests = ['test/kube/**/*.test.ts'];
const timeouts = (timeoutMs: number) => ({ testTimeout: timeoutMs, hookTimeout: timeoutMs });

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: [...engineTests, ...clusterTests],
          ...timeouts(60_000),
        },
      },
      // One file at a time: they share one engine, and measure.
      {
        test: {
          name: 'docker',
          include: engineTests,
          fileParallelism: false,
          ...timeouts(180_000),
        },
      },
      // One file at a time here too: a test that cordons a node or stops the API is in every other one's way.
      {
        test: {
          name: 'kube',
          include: clusterTests,
          fileParallelism: false,
          ...timeouts(300_000),
        },
      },
    ],
  },
});
