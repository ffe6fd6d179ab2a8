// page-series.mjs [--minutes N] [--flap N]: how long a page goes on firing in a real Alertmanager (12 min) and how soon
// it is resolved after its acknowledgement; and what an alert that goes on and off every 20 s (for 10 min) comes to with
// the default budget. Both side by side. It takes a Docker engine.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuild, ensureNodeModules, ensurePrograms } from './ensure.mjs';
import { programs } from './programs.mjs';
import { runToEnd } from './run-to-end.mjs';
import { giveUp, root, say } from './say.mjs';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '12' }, flap: { type: 'string', default: '10' } },
});
for (const minutes of Object.values(values)) {
  if (!(Number(minutes) > 0 && Number(minutes) <= 60)) giveUp(`${minutes} is no number of minutes up to 60.`);
}

const sentences = {
  page: ({ firedS, resent, toResolvedS }) =>
    `The page still fired after ${(firedS / 60).toFixed(1)} min (upkeep sent it ${resent} times); it was resolved ${toResolvedS.toFixed(1)} s after the acknowledgement was typed.`,
  flapping: ({ flips, restarts, calls, firing, outcomes }) =>
    `${flips} changes of health: ${restarts} restarts, a human called ${calls} times, ${firing} pages firing at the end; outcomes: ${outcomes}.`,
};

ensureNodeModules();
ensurePrograms([programs.redis, programs.busybox, programs.prometheus, programs.alertmanager]);
ensureBuild();
const dir = mkdtempSync(join(tmpdir(), 'paramedic-page-'));
const file = join(dir, 'records.jsonl');
const env = { ...process.env, PAGE_MINUTES: values.minutes, FLAP_MINUTES: values.flap, PAGE_RECORDS: file };
const vitest = (path, name) =>
  runToEnd(join(root, 'node_modules/.bin/vitest'), ['run', '--root', root, path, '--testNamePattern', name], env);
const codes = await Promise.all([
  vitest('test/e2e/waits/page.test.ts', 'until he acknowledges'),
  vitest('test/e2e/waits/flapping.test.ts', 'on and off every 20 s'),
]);
try {
  const records = readFileSync(file, 'utf8').trim().split('\n');
  for (const line of records) {
    const record = JSON.parse(line);
    say(sentences[record.what](record));
  }
} catch (error) {
  say(`There are no records: ${error.message}`);
}
rmSync(dir, { recursive: true, force: true });
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
