import { setTimeout as sleep } from 'node:timers/promises';
import type { BackupRun, BackupWork, RestoreWish } from '../../src/domain/backup-run.ts';
import type { Paramedic } from '../harness/paramedic.ts';

/** What a Paramedic that runs is asked about backups, through its API: each run of our own program takes half a second. */
export interface BackupRuns {
  ask(path: string, body?: object): Promise<Response>;
  /** Answers the id of the record. Rejects when it is refused. */
  begin(source: string, work?: BackupWork, wish?: RestoreWish): Promise<string>;
  /** How it ended; waits for two minutes, also while nobody answers. */
  ended(id: string): Promise<BackupRun>;
  run(source: string, work?: BackupWork, wish?: RestoreWish): Promise<BackupRun>;
}

export function backupRuns(paramedic: Pick<Paramedic, 'url' | 'uiPassword'>): BackupRuns {
  const authorization = `Basic ${Buffer.from(`paramedic:${paramedic.uiPassword}`).toString('base64')}`;
  const headers = { authorization, origin: paramedic.url, 'content-type': 'application/json' };
  const runs: BackupRuns = {
    ask: (path, body) =>
      fetch(`${paramedic.url}${path}`, {
        method: body ? 'POST' : 'GET',
        headers,
        ...(body && { body: JSON.stringify(body) }),
      }),
    async begin(source, work = 'backup', wish = {}) {
      const response = await runs.ask('/api/v1/backups', { source, work, ...wish });
      const answer = await response.text();
      if (response.status !== 201) throw new Error(`${response.status}: ${answer}`);
      return (JSON.parse(answer) as { run: string }).run;
    },
    async ended(id) {
      for (const until = Date.now() + 120_000; ; await sleep(100)) {
        const response = await runs.ask(`/api/v1/backups/${id}`).catch(() => undefined);
        const run = response?.ok === true ? ((await response.json()) as BackupRun) : undefined;
        if (run?.state === 'ended') return run;
        if (Date.now() > until) throw new Error(`${id} does not end: ${JSON.stringify(run)}`);
      }
    },
    run: async (...asked) => runs.ended(await runs.begin(...asked)),
  };
  return runs;
}
