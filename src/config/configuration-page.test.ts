import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { configSchema } from './config-schema.ts';
import { parseConfig } from './parse-config.ts';
import { registries } from './registries.ts';
import { verifySchema } from './step-schema.ts';

const page = readFileSync('CONFIGURATION.md', 'utf8');
const blocks = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block]) => block ?? '');
const source = {
  file: 'paramedic.yml',
  env: { REDIS_PASSWORD: 'secret', ALERTMANAGER_PASSWORD: 'secret', BACKUPS_PASSWORD: 'secret' },
  readFile: (path: string): string => (path.endsWith('.pem') ? '-----BEGIN CERTIFICATE-----' : 'secret'),
};

const noFile = (path: string): string => {
  throw new Error(`${path} is not there on a new machine`);
};

/** `docker.tls.ca_file`: every key that the schema knows, whatever it is wrapped in. */
function keysOf(schema: unknown, prefix = ''): readonly string[] {
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape).flatMap(([key, inner]) => [
      `${prefix}${key}`,
      ...keysOf(inner, `${prefix}${key}.`),
    ]);
  if (schema instanceof z.ZodArray) return keysOf(schema.element, prefix);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return keysOf(schema.unwrap(), prefix);
  if (schema instanceof z.ZodPipe) return [...keysOf(schema.in, prefix), ...keysOf(schema.out, prefix)];
  return [];
}
const keys = [...keysOf(configSchema(source, registries)), ...keysOf(verifySchema, 'playbooks.verify.')];

const section = (name: string): string => page.split(/^## /m).find((text) => text.startsWith(`\`${name}\`\n`)) ?? '';

describe('CONFIGURATION.md', () => {
  test('is compared with keys out of every depth', () => {
    expect(keys).toEqual(expect.arrayContaining(['mode', 'redis.url_file', 'docker.tls.key_file', 'playbooks.steps']));
    expect(keys).toEqual(expect.arrayContaining(['ui.basic_auth.password_file', 'playbooks.verify.stable']));
    expect(keys).toEqual(
      expect.arrayContaining(['backups.repositories.env', 'backups.sources.keep.last', 'backups.sources.schedule.tz']),
    );
  });

  test.each(keys)('documents %s', (key) => {
    const [top = '', ...rest] = key.split('.');
    const shared = rest.length > 1 && rest[0] === 'basic_auth';
    const text = section(shared ? 'basic_auth' : top);
    expect(text.length).toBeGreaterThan(0);
    // Every schedule is written in the same way.
    const ofSchedule = rest.at(-2) === 'schedule';
    const inner = ofSchedule ? (rest.at(-1) ?? '') : (shared ? rest.slice(1) : rest).join('.');
    if (inner !== '') expect(text).toMatch(new RegExp(`^\\| \`${inner.replace('.', '\\.')}\` +\\| \\S`, 'm'));
  });

  test('documents no key that does not exist', () => {
    const last = new Set(keys.map((key) => key.split('.').at(-1)));
    const rows = [...page.matchAll(/^\| `([a-z_.]+)`/gm)].map(([, key]) => key?.split('.').at(-1));
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter((key) => !last.has(key))).toEqual([]);
  });

  test.each(blocks)('has an example that loads: %j', (block) => {
    expect(parseConfig(block, source).hash).toMatch(/^\w{12}$/);
  });
});

test('paramedic.example.yml loads with nothing set, and observes', () => {
  const file = 'paramedic.example.yml';
  const config = parseConfig(readFileSync(file, 'utf8'), { file, env: {}, readFile: noFile });
  expect(config.mode).toBe('observe');
  expect(config.playbooks.length).toBeGreaterThan(0);
});
