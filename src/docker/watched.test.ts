import { describe, expect, test } from 'vitest';
import { drillName } from '../domain/drill-things.ts';
import { asideName } from '../domain/set-aside.ts';
import { readerName } from '../domain/volume-reader.ts';
import { isRemembered } from './watched.ts';

describe('a container is remembered', () => {
  test.each([
    ['of Compose', 'shop-web-1', { 'com.docker.compose.oneoff': 'False' }, true],
    ['that somebody runs once by Compose', 'shop-web-run-1', { 'com.docker.compose.oneoff': 'True' }, false],
    ['of a swarm', 'web.1', { 'com.docker.swarm.task.id': 't' }, false],
    ['of Kubernetes', 'k8s_web', { 'io.kubernetes.pod.name': 'web' }, false],
    ['that is set aside', asideName('web', 'a'.repeat(64)), {}, false],
    ['that a volume is read by', readerName(), {}, false],
    ['of a drill', drillName(), {}, false],
    ['with a name that only looks like it', 'paramedic-volume-data', {}, true],
  ])('or not: one %s', (_what, name, labels, is) => {
    expect(isRemembered({ name, labels })).toBe(is);
  });
});
