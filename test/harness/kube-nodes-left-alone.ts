import { afterAll, beforeAll } from 'vitest';
import { type AuditedWrite, type AuditLog, openAuditLog } from './kube-audit.ts';
import { harnessAgent } from './cluster-api.ts';

/** Set up before each file of those that run side by side: none of them may change a node that the others run on. */
let log: AuditLog | undefined;
beforeAll(async () => {
  const path = process.env['PARAMEDIC_KUBE_AUDIT'] ?? '';
  if (path !== '') log = await openAuditLog(path);
});
afterAll(async () => {
  const written = (await log?.read())?.filter(isOfNode) ?? [];
  if (written.length === 0) return;
  const first = written.map(({ verb, resource, name, userAgent }) => `${verb} ${resource} ${name} by ${userAgent}`)[0];
  // Whose it was is not known: all files that run at that moment say so.
  throw new Error(`a test that changes a node belongs in test/kube/alone, others are in its way here: ${first}`);
});

/** Taken, by a test or by what it tests, and about a node with a machine behind it: those without are a test's own. */
function isOfNode({ resource, name, userAgent, code }: AuditedWrite): boolean {
  return (
    /^nodes(\/|$)/.test(resource) &&
    [harnessAgent, 'paramedic'].some((agent) => userAgent.startsWith(agent)) &&
    code < 300 &&
    !name.startsWith('broken-')
  );
}
