import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkConfig } from './check-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'paramedic-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function check(...args: readonly string[]): Promise<{ code: number; lines: readonly string[] }> {
  const lines: string[] = [];
  const code = await checkConfig(args, (line) => lines.push(line));
  return { code, lines };
}

function file(text: string): string {
  const path = join(folder, 'paramedic.yml');
  writeFileSync(path, text);
  return path;
}

test('a good file is told back, a line for each playbook', async () => {
  const path = file(`mode: act
docker: []
playbooks:
  - name: web
    match: ['alertname=~"Web.*"', 'severity!="info"']
    steps: [start: {}, restart: {}]
  - {name: watched, mode: observe, match: [a=b], steps: [restart: {}]}
`);
  expect(await check(path)).toEqual({
    code: 0,
    lines: [
      `${path}: ok, 2 playbooks, mode act`,
      '  web (act): alertname=~"Web.*", severity!="info" → start, restart',
      '  watched (observe): a=b → restart',
    ],
  });
});

test('a bad file gives every mistake on its own line, and 2', async () => {
  const path = file('mod: act\ndocker: []\nfreshness: soon\n');
  const { code, lines } = await check(path);
  expect(code).toBe(2);
  expect(lines).toEqual([
    expect.stringMatching(`^${path}:1:1: unknown key "mod"; the keys here are mode, `),
    expect.stringMatching(`^${path}:3:12: "soon" is no duration`),
  ]);
});

test('a missing file is a sentence, and 2', async () => {
  expect(await check(join(folder, 'absent'))).toEqual({
    code: 2,
    lines: [expect.stringContaining('there is no such file')],
  });
});

test.each([[[]], [['a.yml', 'b.yml']], [['--help']]])('%j prints the usage, and 2', async (args) => {
  expect(await check(...args)).toEqual({ code: 2, lines: ['usage: paramedic check-config FILE'] });
});
