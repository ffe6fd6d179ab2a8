import { describe, expect, test } from 'vitest';
import { postgres } from './sources/postgres/postgres.ts';
import { redis } from './sources/redis/redis.ts';

const container = 'docker/edge-1/container/orders-db';
const workload = 'kubernetes/prod/shop/statefulset/orders-db';
const refused = (params: object): readonly string[] =>
  (postgres.params.safeParse({ database: 'orders', ...params }).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );

describe('where a server is', () => {
  test.each([
    { container },
    { workload },
    { workload: 'kubernetes/prod/shop/deployment/orders-db', pod_container: 'db' },
    { workload: 'kubernetes/prod/shop/pod/orders-db', pod_container: 'db' },
    { workload, pod: 'orders-db-2' },
  ])('may be said by %j', (params) => {
    expect(refused(params)).toEqual([]);
  });

  const noWorkload =
    'workload: is no deployment, statefulset or pod such as kubernetes/prod/shop/statefulset/orders-db';
  test.each([
    [{}, [': needs one of container, workload']],
    [{ container, workload }, ['workload: "workload" does not go together with "container"; leave one of them out']],
    [{ container, pod: 'a' }, ['pod: "pod" is said of a workload, and there is none']],
    [{ container, pod_container: 'a' }, ['pod_container: "pod_container" is said of a workload, and there is none']],
    [{ workload: 'kubernetes/prod/shop/daemonset/agent' }, [noWorkload]],
    [{ workload: 'kubernetes/prod/shop/statefulset' }, [noWorkload]],
    [{ workload: 'kubernetes/prod/shop/statefulset/a/b' }, [noWorkload]],
    [{ workload: 'kubernetes/prod/../statefulset/a' }, [noWorkload]],
    [{ workload: container }, [noWorkload]],
    [
      { workload, pod: '../x', pod_container: 'a/b' },
      ['pod: is no name of a pod', 'pod_container: is no name of a container of a pod'],
    ],
  ])('is not said by %j', (params, sentences) => {
    expect(refused(params)).toEqual(sentences);
  });

  test('is in the title of what is backed up', () => {
    expect(postgres.title({ database: 'orders', workload, pod: 'orders-db-1' })).toBe(
      `database orders of ${workload} (pod orders-db-1)`,
    );
    expect(redis.title({ container })).toBe(`the keys of ${container}`);
  });
});
