import { expect, test } from 'vitest';
import { parseConfig } from './parse-config.ts';
import { unnamedZones } from './unnamed-zones.ts';

const config = (schedule: string, check: string) =>
  parseConfig(
    `backups: {repositories: [{name: main, location: /a, password: x, check: {schedule: ${check}}}],
       sources: [{name: orders, repository: main, path: {paths: [/srv]}, schedule: ${schedule}}]}`,
    { file: '/paramedic.yml', env: {}, readFile: () => '' },
  );
const named = '{cron: 30 2 * * *, tz: UTC}';

test('of schedules that name no zone it is said where clocks here show another time', () => {
  expect(unnamedZones(config("'30 2 * * *'", named), 'Europe/Berlin')).toBe(
    'schedules of orders name no time zone and go by UTC, and this process is in Europe/Berlin: say which is meant, {cron: …, tz: Europe/Berlin} or tz: UTC',
  );
  expect(unnamedZones(config('{cron: 0 * * * *}', "'0 5 * * *'"), 'Asia/Tokyo')).toMatch(/^schedules of main, orders /);
});

test('nothing is said where clocks show UTC, where zones are named, and where nothing is backed up', () => {
  expect(unnamedZones(config("'30 2 * * *'", named), 'Etc/UTC')).toBeUndefined();
  expect(unnamedZones(config(named, named), 'Europe/Berlin')).toBeUndefined();
  expect(unnamedZones({}, 'Europe/Berlin')).toBeUndefined();
});
