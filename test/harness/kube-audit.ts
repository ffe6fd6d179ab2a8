import { open } from 'node:fs/promises';
import { z } from 'zod';

const line = z.object({
  auditID: z.string(),
  verb: z.string(),
  requestURI: z.string(),
  user: z.object({ username: z.string() }),
  userAgent: z.string().default(''),
  objectRef: z
    .object({
      resource: z.string().default(''),
      subresource: z.string().default(''),
      namespace: z.string().default(''),
      name: z.string().default(''),
      apiGroup: z.string().default(''),
    })
    .optional(),
  responseStatus: z.object({ code: z.number() }).optional(),
  requestReceivedTimestamp: z.string(),
});

/** One request to write, as the API server itself recorded it. */
export interface AuditedWrite {
  /** `create`, `update`, `patch`, `delete`, `deletecollection` */
  readonly verb: string;
  /** `deployments.apps`, `deployments.apps/scale`, `pods/eviction` */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly user: string;
  readonly userAgent: string;
  /** The status that was answered. */
  readonly code: number;
  readonly isDryRun: boolean;
  /** RFC 3339, when the request came. */
  readonly at: string;
}

/** Other tests write to the same cluster at the same time: whose writes are meant is said by the namespace or the user. */
export type WriteFilter = ({ readonly namespace: string } | { readonly user: string }) & FurtherFilter;

interface FurtherFilter {
  /** What the user agent begins with; `paramedic` when neither this nor `user` is given. */
  readonly userAgent?: string;
  /** `system:serviceaccount:shop:limited` */
  readonly user?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly resource?: string;
  /** Only what the API took (a status of 2xx). */
  readonly taken?: boolean;
}

/** A review is a question in the form of a `create`. */
const isReview = ({ resource }: AuditedWrite): boolean => /^[a-z]+reviews\./.test(resource);

/** What is stored nowhere, reviews and dry runs, is no write. */
export function passes(write: AuditedWrite, filter: WriteFilter): boolean {
  const agent = filter.userAgent ?? (filter.user === undefined ? 'paramedic' : '');
  const same = (wanted: string | undefined, is: string) => wanted === undefined || wanted === is;
  return (
    !write.isDryRun &&
    !isReview(write) &&
    write.userAgent.startsWith(agent) &&
    same(filter.user, write.user) &&
    same(filter.namespace, write.namespace) &&
    same(filter.name, write.name) &&
    same(filter.resource, write.resource) &&
    (filter.taken !== true || (write.code >= 200 && write.code < 300))
  );
}

function parseWrite(text: string): AuditedWrite {
  const { verb, requestURI, user, userAgent, objectRef, responseStatus, requestReceivedTimestamp } = line.parse(
    JSON.parse(text),
  );
  const { resource = '', subresource = '', apiGroup = '', namespace = '', name = '' } = objectRef ?? {};
  return {
    verb,
    resource: resource + (apiGroup === '' ? '' : `.${apiGroup}`) + (subresource === '' ? '' : `/${subresource}`),
    namespace,
    name,
    user: user.username,
    userAgent,
    code: responseStatus?.code ?? 0,
    isDryRun: new URLSearchParams(requestURI.split('?')[1] ?? '').has('dryRun'),
    at: requestReceivedTimestamp,
  };
}

/** Reads the log of one API server, from where it stood when this was made. */
export interface AuditLog {
  /** All writes whose lines are complete by now. */
  read(): Promise<readonly AuditedWrite[]>;
}

export async function openAuditLog(path: string): Promise<AuditLog> {
  const writes: AuditedWrite[] = [];
  const file = await open(path);
  let position = (await file.stat()).size;
  await file.close();
  let rest = Buffer.alloc(0);
  const readOn = async () => {
    const again = await open(path);
    try {
      const { size } = await again.stat();
      const buffer = Buffer.alloc(Math.max(0, size - position));
      const { bytesRead } = await again.read(buffer, 0, buffer.length, position);
      position += bytesRead;
      const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      const end = bytes.lastIndexOf('\n') + 1;
      rest = bytes.subarray(end);
      const lines = bytes.toString('utf8', 0, end).split('\n');
      writes.push(...lines.filter((text) => text !== '').map(parseWrite));
      return [...writes];
    } finally {
      await again.close();
    }
  };
  // One at a time: two that read the same bytes would count every write twice.
  let turn: Promise<unknown> = Promise.resolve();
  return {
    read() {
      const mine = turn.then(readOn);
      turn = mine.catch(() => undefined);
      return mine;
    },
  };
}
