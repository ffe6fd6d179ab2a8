import { expect, it } from 'vitest';
import { back, graphOfWeb, node, service, settings, web } from '../../../test/fakes/known-good-scene.ts';
import { partOfVersion } from './part-of-version.ts';

const parts = (target: string, graph: readonly (readonly [string, number])[]) =>
  graph.map(([key, distance]) => partOfVersion(target, { key, distance, why: 'it needs it' }));

it('a workload is a version of itself and of what it needs, without other workloads', () => {
  expect(graphOfWeb.map((one) => [one.key, partOfVersion(web, one)])).toEqual([
    [web, 'objects'],
    [settings, 'objects'],
    [service, 'objects'],
    [back, 'others'],
    [node, 'nodes'],
  ]);
});

it('a Service is one of the workloads it selects too, and of no others', () => {
  const graph = [
    [service, 0],
    [back, 1],
    [web, 2],
  ] as const;
  expect(parts(service, graph)).toEqual(['objects', 'objects', 'others']);
});

it('a container is none of the containers it depends on', () => {
  const app = 'docker/edge-1/container/app';
  const graph = [
    [app, 0],
    ['docker/edge-1/container/db', 1],
    ['docker/edge-1/network/back', 1],
  ] as const;
  expect(parts(app, graph)).toEqual(['objects', 'others', 'objects']);
});
