import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { registries } from './registries.ts';
import { shippedPlaybooks } from './shipped.ts';

const root = mkdtempSync(join(tmpdir(), 'paramedic-shipped-'));
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('every playbook in alert-rules/ loads', () => {
  const folders = readdirSync('alert-rules').filter((name) => existsSync(join('alert-rules', name, 'playbook.yml')));
  expect(folders.length).toBeGreaterThan(0);
  expect(shippedPlaybooks()).toHaveLength(folders.length);
});

test('they come in the order of their folders, a folder without one is passed over, and a bad playbook names its file', () => {
  for (const name of ['b-good', 'a-good', 'c-rules-only'])
    mkdirSync(join(root, 'alert-rules', name), { recursive: true });
  const write = (folder: string, text: string): void =>
    writeFileSync(join(root, 'alert-rules', folder, 'playbook.yml'), text);
  const good = "match: ['alertname=x']\nsteps: [restart: {}]\n";
  write('a-good', `name: a\n${good}`);
  write('b-good', `name: b\n${good}`);
  expect(shippedPlaybooks(registries, root).map(({ name }) => name)).toEqual(['a', 'b']);
  write('b-good', `nam: b\n${good}`);
  expect(() => shippedPlaybooks(registries, root)).toThrow('alert-rules/b-good/playbook.yml:1:1: unknown key "nam"');
});
