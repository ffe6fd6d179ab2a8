import { expect, it } from 'vitest';
import { drillLabels } from '../domain/drill-things.ts';
import { networkBody, networkContent, volumeContent } from './network-content.ts';

const told = {
  Name: 'back',
  Id: 'n1',
  Created: '2026-01-01T00:00:00Z',
  Scope: 'local',
  Driver: 'bridge',
  EnableIPv6: false,
  IPAM: { Driver: 'default', Options: null, Config: [{ Subnet: '10.0.0.0/24', Gateway: '10.0.0.1', IPRange: '' }] },
  Internal: true,
  Attachable: false,
  Ingress: false,
  Options: { 'com.docker.network.bridge.name': 'br-shop' },
  Labels: { tier: 'back' },
};

it('a network is made again as it was', () => {
  const found = networkContent(told);
  expect(found).toMatchObject({ name: 'back', uid: 'n1', createdAt: '2026-01-01T00:00:00Z' });
  expect(networkBody('back', found?.content ?? {})).toEqual({
    Name: 'back',
    Driver: 'bridge',
    IPAM: { Driver: 'default', Options: {}, Config: [{ Subnet: '10.0.0.0/24', Gateway: '10.0.0.1' }] },
    Options: { 'com.docker.network.bridge.name': 'br-shop' },
    Labels: { tier: 'back' },
    Internal: true,
    Attachable: false,
    EnableIPv6: false,
  });
});

it.each([{ Name: 'bridge' }, { Name: 'none' }, { Scope: 'swarm' }, { Ingress: true }])(
  "what is nobody's own is not remembered: %j",
  (fields) => {
    expect(networkContent({ ...told, ...fields })).toBeUndefined();
  },
);

it('a volume of a drill is not remembered', () => {
  expect(volumeContent({ Name: 'v', Labels: drillLabels('d_1') })).toBeUndefined();
});

it('a volume is remembered by what it was asked for with', () => {
  const volume = { Name: 'v', Driver: 'local', Mountpoint: '/x', CreatedAt: '', Options: null, Labels: { a: 'b' } };
  expect(volumeContent(volume)).toEqual({
    name: 'v',
    uid: '',
    createdAt: '',
    content: { driver: 'local', options: {}, labels: { a: 'b' } },
  });
});
