// kill-series.mjs [--runs N] [--moment NAME] [--abreast N]: kills (or freezes) the worker N times at each moment of a
// recovery, and prints what became of the recoveries. Five moments are tried side by side, `abreast` times each. It takes
// a Docker engine.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuild, ensureNodeModules, ensurePrograms } from './ensure.mjs';
import { programs } from './programs.mjs';
import { root, run, say } from './say.mjs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    moment: { type: 'string', default: '' },
    abreast: { type: 'string', default: '1' },
  },
});

const count = (records, holds) => records.filter(holds).length;
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

function table(records) {
  const rows = new Map();
  for (const record of records) rows.set(record.moment, [...(rows.get(record.moment) ?? []), record]);
  say('moment         runs  recovered  one restart  more  none  restarts asked  seconds from the hit (median, max)');
  for (const [moment, of] of rows) {
    const seconds = of.map((record) => record.seconds);
    const cells = [
      moment.padEnd(13),
      String(of.length).padStart(5),
      String(count(of, ({ outcome }) => outcome === 'recovered')).padStart(10),
      String(count(of, ({ restarts }) => restarts === 1)).padStart(12),
      String(count(of, ({ restarts }) => restarts > 1)).padStart(5),
      String(count(of, ({ restarts }) => restarts === 0)).padStart(5),
      String(of.reduce((sum, { asked }) => sum + asked, 0)).padStart(15),
      `  ${median(seconds)}, ${Math.max(...seconds)}`,
    ];
    say(cells.join(' '));
  }
}

ensureNodeModules();
ensurePrograms([programs.redis, programs.busybox]);
ensureBuild();
const dir = mkdtempSync(join(tmpdir(), 'paramedic-kill-'));
const file = join(dir, 'records.jsonl');
const name = values.moment === '' ? [] : ['--testNamePattern', `at the moment ${values.moment}:`];
const env = { ...process.env, KILL_RUNS: values.runs, KILL_ABREAST: values.abreast, KILL_RECORDS: file };
const isGood = run(join(root, 'node_modules/.bin/vitest'), ['run', 'test/e2e/kill.test.ts', ...name], env);
try {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  table(lines.map((line) => JSON.parse(line)));
} catch (error) {
  say(`There are no records: ${error.message}`);
}
rmSync(dir, { recursive: true, force: true });
process.exitCode = isGood ? 0 : 1;
