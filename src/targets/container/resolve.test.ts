import { describe, expect, it } from 'vitest';
import type { Platforms } from '../../domain/target.ts';
import { resolve } from './resolve.ts';

const one: Platforms = { docker: [{ name: 'edge-1', instances: [] }], kubernetes: [] };
const two: Platforms = {
  kubernetes: [],
  docker: [
    { name: 'edge-1', instances: ['10.0.0.5:9100', '10.0.0.5:8080'] },
    { name: 'edge-2', instances: ['10.0.0.6:9100'] },
  ],
};
const hex = '3f'.repeat(32);
const compose = {
  container_label_com_docker_compose_project: 'shop',
  container_label_com_docker_compose_service: 'web',
};

describe('a container is named', () => {
  it.each<[string, Record<string, string>, Record<string, string>, string]>([
    [
      'by our own labels',
      { engine: 'edge-1', name: 'web', compose_project: 'shop' },
      { name: 'web' },
      'container "web"',
    ],
    [
      "by cAdvisor's name before its id",
      { name: 'web', id: `/docker/${hex}`, image: 'a' },
      { name: 'web' },
      'container "web"',
    ],
    [
      'by an id in the place of the name',
      { name: hex, id: `/docker/${hex}` },
      { id: hex },
      'container with id 3f3f3f3f3f3f',
    ],
    ['by a cgroup of cgroupfs', { id: `/docker/${hex}` }, { id: hex }, 'container with id 3f3f3f3f3f3f'],
    [
      'by a cgroup of systemd',
      { id: `/system.slice/docker-${hex}.scope` },
      { id: hex },
      'container with id 3f3f3f3f3f3f',
    ],
    ['by exported_name before name', { exported_name: 'web', name: 'exporter' }, { name: 'web' }, 'container "web"'],
    ["by container_name with the log driver's slash", { container_name: '/web' }, { name: 'web' }, 'container "web"'],
    [
      'by compose labels of cAdvisor',
      compose,
      { project: 'shop', service: 'web' },
      'container of compose service "web" in project "shop"',
    ],
    [
      'by compose labels and the number',
      { ...compose, container_label_com_docker_compose_container_number: '2', id: `/docker/${hex}` },
      { project: 'shop', service: 'web', number: '2' },
      'container 2 of compose service "web" in project "shop"',
    ],
    [
      'by our compose labels',
      { compose_project: 'shop', compose_service: 'web', name: '' },
      { project: 'shop', service: 'web' },
      'container of compose service "web" in project "shop"',
    ],
    ['by the name when compose says another', { ...compose, name: 'db' }, { name: 'db' }, 'container "db"'],
    [
      'by a name that ends like a unit, when an image is there',
      { name: 'a.service', image: 'a:1' },
      { name: 'a.service' },
      'container "a.service"',
    ],
  ])('%s', (_what, labels, by, phrase) => {
    expect(resolve(labels, one)).toEqual({ kind: 'container', platform: 'edge-1', by, phrase });
  });
});

describe('no container is named', () => {
  it.each<[string, Record<string, string>]>([
    ['by no label at all', {}],
    ['by empty labels', { name: '', id: '' }],
    ['by the host alone', { instance: '10.0.0.5:9100', job: 'node' }],
    ['by a pod', { pod: 'web-1', namespace: 'shop', name: 'web' }],
    ['by a namespace', { namespace: 'shop', name: 'web' }],
    ['by exported_pod', { exported_pod: 'web-1', name: 'web' }],
    ["by the kubelet's name", { name: 'k8s_web_web-1_shop_0' }],
    ["by the kubelet's cgroup", { name: 'web', id: `/kubepods/burstable/pod1/${hex}` }],
    ['by a systemd unit', { name: 'nginx.service', state: 'failed', instance: '10.0.0.5:9100' }],
    ['by a cgroup that is no container', { id: '/system.slice/ssh.service' }],
    ['by a compose project alone', { compose_project: 'shop' }],
  ])('%s', (_what, labels) => {
    expect(resolve(labels, two)).toBeUndefined();
  });

  it('when no engine is configured', () => {
    expect(resolve({ name: 'web' }, { docker: [], kubernetes: [] })).toBeUndefined();
  });
});

describe('a value that can not be right is refused in a sentence', () => {
  it.each<[Record<string, string>, string]>([
    [{ name: '../../kube-system' }, 'the labels name a container by "../../kube-system", which is no container name'],
    [{ name: '$(reboot)' }, 'the labels name a container by "$(reboot)", which is no container name'],
    [{ name: 'web\nrm' }, 'the labels name a container by "web\\nrm", which is no container name'],
    [{ name: 'w\u202eeb' }, 'the labels name a container by "w\\u202eeb", which is no container name'],
    [{ name: 'web/../db' }, 'the labels name a container by "web/../db", which is no container name'],
    [{ name: 'a"b\u0000' }, 'the labels name a container by "a\\"b\\u0000", which is no container name'],
    [{ name: 'x'.repeat(300) }, `the labels name a container by "${'x'.repeat(80)}…", which is no container name`],
    [{ id: '/docker/../json' }, ''],
    [{ id: '/docker/$(reboot)' }, 'the labels name a container by "$(reboot)", which is no container id'],
    [
      { ...compose, container_label_com_docker_compose_container_number: '-1' },
      'the labels name a container by "-1", which is no compose container number',
    ],
    [
      { compose_project: '../x', compose_service: 'web' },
      'the labels name a container by "../x", which is no compose project',
    ],
    [{ compose_service: 'web' }, 'the labels name the compose service "web" but not its project'],
    [
      { name: 'web', engine: '../x' },
      'the labels name the docker engine "../x", which is not configured; there is: edge-1, edge-2',
    ],
  ])('%j', (labels, reason) => {
    const answer = resolve(labels, two);
    expect(answer).toEqual(reason === '' ? undefined : { ok: false, reason });
  });

  it('and nothing that passes holds a character with a meaning to a shell, a path or a URL', () => {
    for (let code = 0; code < 0x300; code += 1) {
      const char = String.fromCharCode(code);
      const answer = resolve({ name: `web${char}x` }, one);
      const passes = answer !== undefined && 'by' in answer;
      expect([char, passes]).toEqual([char, /[a-zA-Z0-9_.-]/.test(char)]);
    }
  });
});

describe('the engine', () => {
  it.each<[string, Record<string, string>, Platforms, string | undefined]>([
    ['is the label engine', { engine: 'edge-2', instance: '10.0.0.5:9100' }, two, 'edge-2'],
    ['is the one that has the instance', { instance: '10.0.0.6:9100' }, two, 'edge-2'],
    ['is the only one', { instance: 'elsewhere:9100' }, one, 'edge-1'],
    ['is each of them, when nothing tells', { instance: 'elsewhere:9100' }, two, undefined],
    ['is each of them, without any label', {}, two, undefined],
  ])('%s', (_what, labels, platforms, engine) => {
    const answer = resolve({ name: 'web', ...labels }, platforms);
    expect(answer).toEqual({
      kind: 'container',
      by: { name: 'web' },
      phrase: 'container "web"',
      ...(engine === undefined ? {} : { platform: engine }),
    });
  });
});
