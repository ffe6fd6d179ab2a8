import { describe, expect, test, vi } from 'vitest';
import { sourceKinds } from '../../test/fakes/source-kinds.ts';
import { messageOf } from '../domain/errors.ts';
import { parseConfig } from './parse-config.ts';
import { registries } from './registries.ts';

const parse = (text: string) =>
  parseConfig(text, {
    file: '/etc/paramedic/paramedic.yml',
    env: { KEY: 'AKIA' },
    readFile: (path) => ` content of ${path}\n`,
    registries: { ...registries, sources: sourceKinds },
  });
const main = '{name: main, location: /srv/backups, password: x}';
const one = (source: string) =>
  parse(`backups: {repositories: [${main}], sources: [{name: a, folder: {}, ${source}}]}`).backups?.sources[0];

test('without the section nothing is backed up', () => {
  expect(parse('mode: act').backups).toBeUndefined();
});

test('a full section means what it says', () => {
  const backups = parse(`
backups:
  repositories:
    - {name: main, location: /srv/backups, password_file: restic-password}
    - name: offsite
      location: s3:https://s3.example/backups
      password: p\${KEY}
      env: {AWS_ACCESS_KEY_ID: '\${KEY}', RESTIC_REST_PASSWORD: y}
  sources:
    - name: orders-db
      dump: {container: db}
      repository: offsite
      keep: {last: 1, hourly: 2, daily: 3, weekly: 4, monthly: 5, yearly: 6}
      rpo: 6h
      rto: 10m
      timeout: 2h
    - {name: shop, repository: main, folder: }
`).backups;
  expect(backups).toMatchObject({
    repositories: [
      { name: 'main', location: '/srv/backups', env: {} },
      { name: 'offsite', location: 's3:https://s3.example/backups' },
    ],
    sources: [
      {
        name: 'orders-db',
        kind: 'dump',
        params: { container: 'db' },
        repository: 'offsite',
        keep: { last: 1, hourly: 2, daily: 3, weekly: 4, monthly: 5, yearly: 6 },
        rpoMs: 6 * 3_600_000,
        rtoMs: 600_000,
        timeoutMs: 2 * 3_600_000,
      },
      { name: 'shop', kind: 'folder', repository: 'main' },
    ],
  });
  expect(backups?.sources[1]?.params).toEqual({});
  const [first, second] = backups?.repositories ?? [];
  expect(first?.password.reveal()).toBe('content of /etc/paramedic/restic-password');
  expect(second?.password.reveal()).toBe('pAKIA');
  const env = Object.entries(second?.env ?? {}).map(([name, value]) => [name, value.reveal()]);
  expect(env).toEqual([
    ['AWS_ACCESS_KEY_ID', 'AKIA'],
    ['RESTIC_REST_PASSWORD', 'y'],
  ]);
});

test('what is not said of a source has its default, and parameters stay as they are written', () => {
  expect(one('')).toEqual({
    name: 'a',
    kind: 'folder',
    params: {},
    repository: 'main',
    keep: { last: 3, hourly: 24, daily: 7, weekly: 5, monthly: 12, yearly: 0 },
    rpoMs: 86_400_000,
    drill: { probes: [], timeoutMs: 3_600_000 },
    rtoMs: 1_800_000,
    timeoutMs: 3_600_000,
  });
  expect(one('keep: {daily: 30, hourly: 0}')?.keep).toMatchObject({ last: 3, hourly: 0, daily: 30, weekly: 5 });
});

test('a schedule is a text or a map, in UTC where no zone is named, whatever that of this process is', () => {
  vi.stubEnv('TZ', 'Asia/Tokyo');
  expect(Intl.DateTimeFormat().resolvedOptions().timeZone).toBe('Asia/Tokyo');
  expect(one("schedule: '30  2 * * *'")?.schedule).toEqual({
    cron: '30 2 * * *',
    timeZone: 'UTC',
    unnamedZone: true,
    jitterMs: 0,
  });
  vi.unstubAllEnvs();
  expect(one('schedule: {cron: 0 4 * * sun, tz: Europe/Berlin, jitter: 20m}')?.schedule).toEqual({
    cron: '0 4 * * sun',
    timeZone: 'Europe/Berlin',
    jitterMs: 1_200_000,
  });
  expect(one('')?.schedule).toBeUndefined();
});

test('a drill has a schedule, probes and a timeout of its own', () => {
  const probes = `[
    {query: select count(*) from orders, at_least: 1}, {command: [test, -s, all.sql]}, {command: [cat, VERSION], matches: '^1[0-9]'}]`;
  expect(one(`timeout: 2h, drill: {schedule: {cron: 0 4 * * 0, tz: UTC}, probes: ${probes}}`)?.drill).toEqual({
    schedule: { cron: '0 4 * * 0', timeZone: 'UTC', jitterMs: 0 },
    probes: [
      { ask: { query: 'select count(*) from orders' }, atLeast: 1 },
      { ask: { command: ['test', '-s', 'all.sql'] } },
      { ask: { command: ['cat', 'VERSION'] }, matches: '^1[0-9]' },
    ],
    timeoutMs: 7_200_000,
  });
  expect(one('drill: {timeout: 5m}')?.drill).toEqual({ probes: [], timeoutMs: 300_000 });
});

test('what is done to a repository by itself has schedules', () => {
  const care = (text: string) =>
    parse(
      `backups: {repositories: [{name: main, location: /a, password: x, ${text}}, {name: b, location: /b, password: x}]}`,
    ).backups?.repositories[0];
  const schedule = { cron: '0 5 * * *', timeZone: 'UTC', jitterMs: 0 };
  const when = 'schedule: {cron: 0 5 * * *, tz: UTC}';
  expect(care(`check: {${when}}, prune: {${when}}, copy: {to: b, ${when}}`)).toMatchObject({
    check: { schedule, parts: 30 },
    prune: { schedule },
    copy: { schedule, to: 'b' },
  });
  for (const [said, parts] of [
    ['1/2', 2],
    ['1/256', 256],
    ['all', 1],
    ['none', 0],
  ] as const)
    expect(care(`check: {${when}, read_data: ${said}}`)?.check?.parts).toBe(parts);
  expect(care('env: {}')).not.toHaveProperty('check');
});

test('a repository needs no source: what is in it can be restored', () => {
  expect(parse(`backups: {repositories: [${main}]}`).backups?.sources).toEqual([]);
});

describe('what Paramedic itself knows', () => {
  const withOwn = (text: string) =>
    parseConfig(`backups: {repositories: [${main}, {name: b, location: /b, password: x}], ${text}}`, {
      file: 'c.yml',
      env: {},
      readFile: () => '',
      registries,
    }).backups?.sources;

  test('is backed up to the first repository each night, and for the first time at once, where nobody has said how', () => {
    expect(withOwn('')).toEqual([
      {
        name: 'paramedic',
        kind: 'paramedic',
        params: {},
        repository: 'main',
        keep: { last: 3, hourly: 24, daily: 7, weekly: 5, monthly: 12, yearly: 0 },
        rpoMs: 26 * 3_600_000,
        rtoMs: 1_800_000,
        timeoutMs: 3_600_000,
        schedule: {
          cron: '17 3 * * *',
          timeZone: 'UTC',
          jitterMs: 1_800_000,
          atOnce: true,
        },
        drill: { probes: [], timeoutMs: 3_600_000 },
      },
    ]);
    const other = withOwn('sources: [{name: etc, path: {paths: [/etc]}, repository: b}]');
    expect(other?.map(({ name }) => name)).toEqual(['etc', 'paramedic']);
  });

  test('is not where somebody has said so, and is as they have said', () => {
    expect(withOwn('paramedic: off')).toEqual([]);
    const said = withOwn('sources: [{name: us, paramedic: , repository: b, rpo: 1h}]');
    expect(said).toMatchObject([{ name: 'us', kind: 'paramedic', repository: 'b', rpoMs: 3_600_000 }]);
    expect(said?.[0]).not.toHaveProperty('schedule');
  });

  test('has its name to itself', () => {
    const taken = '{name: paramedic, path: {paths: [/etc]}, repository: b}';
    expect(() => withOwn(`sources: [${taken}]`)).toThrow(
      'c.yml:1:133: "paramedic" is the source of what Paramedic itself knows: give this one another name, or say "paramedic: off" beside the sources',
    );
    expect(withOwn(`paramedic: off, sources: [${taken}]`)).toMatchObject([{ kind: 'path' }]);
    expect(withOwn(`sources: [${taken}, {name: us, paramedic: {}, repository: b}]`)).toHaveLength(2);
  });
});

describe('one place under two names', () => {
  const two = (first: string, second: string) => () =>
    parse(
      `backups: {repositories: [{name: a, location: "${first}", password: x}, {name: b, location: "${second}", password: y}]}`,
    );
  test.each([
    ['/srv/backups', '/srv/backups'],
    ['/srv/backups', '/srv//x/../backups/'],
    ['rest:http://Host:80/shop', 'rest:http://me@host/shop/'],
    ['rest:https://host:443/', 'rest:https://host'],
    ['s3:https://s3.example/bucket/a', 's3:S3.example//bucket/a/'],
    ['sftp:me@host:/srv/backups', 'sftp://host:22//srv/backups/'],
    ['sftp:me@host:backups', 'sftp://me@HOST/backups'],
  ])('is refused: %s and %s', (first, second) => {
    expect(two(first, second)).toThrow(
      'repositories[1].location is the place of "a", too: it would be cleaned up under one name while it is written to under the other; take one of the two out',
    );
  });
  test.each([
    ['/srv/backups', '/srv/Backups'],
    ['rest:http://host:8000/a', 'rest:http://host:8001/a'],
    ['rest:http://host/a', 'rest:http://host/a/b'],
    ['s3:https://s3.example/bucket/a', 's3:https://s3.example/bucket/A'],
    ['s3:https://host/srv', 'rest:https://host/srv'],
    ['sftp:me@host:backups', 'sftp:you@host:backups'],
    ['sftp:host:/backups', 'sftp:host:backups'],
  ])('is not %s and %s', (first, second) => {
    expect(two(first, second)).not.toThrow();
  });
});

describe('the place of a repository', () => {
  const place = (location: string): unknown => {
    try {
      const text = `backups: {repositories: [{name: a, location: ${JSON.stringify(location)}, password: x}]}`;
      return parse(text).backups?.repositories[0]?.location;
    } catch (error) {
      return messageOf(error);
    }
  };

  test.each([
    '/srv/backups',
    '/srv/a:b@c d',
    'rest:http://127.0.0.1:8000/',
    'rest:https://me@backup.example/shop/main',
    's3:https://s3.example:9000/bucket/path',
    's3:s3.amazonaws.com/bucket',
    's3:http://[::1]:9000/bucket',
    'sftp:backup@host:/srv/backups',
    'sftp:host:backups',
    'sftp://backup@[::1]:2222//srv/backups',
    'rest:http://host/with@in/it',
  ])('can be %s', (location) => {
    expect(place(location)).toBe(location);
  });

  test.each([
    'srv/backups',
    './backups',
    '~/backups',
    ' /srv/backups',
    'rest:host:8000',
    'rest:file:///srv',
    'rest:http://',
    'rest:http://host/?a=b',
    's3:bucket',
    's3:https://host',
    's3:ftp://host/bucket',
    'sftp:host',
    'sftp:/srv/backups',
    'sftp://host',
    'rclone:a:b',
    'constructor:x',
    'REST:http://host/',
  ])('can not be %s', (location) => {
    expect(place(location)).toMatch(/: this is no place of a repository: [^\n]*$/);
  });

  test.each([
    'rest:https://me:hunter2@host/',
    'rest:https://:hunter2@host/',
    's3:https://key:hunter2@host/bucket',
    's3:key:hunter2@host/bucket',
    'sftp:me:hunter2@host:/srv',
    'sftp://me:hunter2@host//srv',
    'https://me:hunter2@host/',
    'rest:https://me:hunt@er2@host/',
  ])('holds no password: %s', (location) => {
    expect(place(location)).toMatch(/: a place with a password in it would be printed; (give|let) [^\n]*$/);
    expect(place(location)).not.toMatch(/hunt/);
  });
});
