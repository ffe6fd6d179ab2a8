import { messageOf, UserError } from '../domain/errors.ts';

/** The one method of an ioredis client that is needed. */
export interface RedisCaller {
  call(command: string, ...args: string[]): Promise<unknown>;
}

const OLDEST = [6, 2] as const;

/**
 * Is this Redis one that keeps what we give it? Resolves with a sentence for each reason why it may not, or why that
 * could not be found out: managed ones forbid INFO or CONFIG. Throws UserError when it is older than 6.2, and the
 * client's own error when it does not answer.
 */
export async function checkRedis(client: RedisCaller): Promise<string[]> {
  const facts = await infoOf(client);
  const version = facts.get('redis_version');
  if (version !== undefined && isOlder(version))
    throw new UserError(
      `This Redis is version ${version}; Paramedic needs 6.2 or newer: upgrade it, or set redis.url.`,
    );
  const policy = facts.get('maxmemory_policy') ?? (await configOf(client, 'maxmemory-policy'));
  const aof = facts.get('aof_enabled') ?? (await configOf(client, 'appendonly'));
  return [
    ...(version === undefined ? ['THE VERSION OF REDIS could not be checked: it has to be 6.2 or newer.'] : []),
    ...policyWarning(policy),
    ...aofWarning(aof),
  ];
}

function policyWarning(policy: string | undefined): string[] {
  if (policy === 'noeviction') return [];
  if (policy === undefined)
    return ['REDIS MAY LOSE JOBS: its maxmemory-policy could not be checked; make sure that it is noeviction.'];
  return [
    `REDIS MAY LOSE JOBS: its maxmemory-policy is ${policy}, so it throws recoveries away when memory is short; set it to noeviction.`,
  ];
}

function aofWarning(aof: string | undefined): string[] {
  if (aof === '1' || aof === 'yes') return [];
  if (aof === undefined)
    return ['REDIS MAY FORGET: whether it keeps an append-only file could not be checked; set appendonly to yes.'];
  return [
    'REDIS FORGETS: its append-only file is off, so a restart of it loses alerts that were already taken; set appendonly to yes.',
  ];
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

/** The lines `name:value` of INFO; none when it is forbidden. */
async function infoOf(client: RedisCaller): Promise<Map<string, string>> {
  const answer = await unlessForbidden(client.call('INFO'));
  return new Map(
    (typeof answer === 'string' ? answer : '').split(/\r?\n/).flatMap((line) => {
      const colon = line.indexOf(':');
      return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1)]] : [];
    }),
  );
}

async function configOf(client: RedisCaller, name: string): Promise<string | undefined> {
  const answer = await unlessForbidden(client.call('CONFIG', 'GET', name));
  return Array.isArray(answer) && answer.length > 1 ? String(answer[1]) : undefined;
}

/** By an ACL (NOPERM), or because a managed Redis has no such command. */
async function unlessForbidden(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (/^NOPERM|unknown (sub)?command|not allowed|permission/i.test(messageOf(error))) return undefined;
    throw error;
  }
}
