import type { LogTail } from '../domain/clients.ts';
import { redactJson } from './redact.ts';

/** Of each log: twice what is kept, for so much may be cut for want of room or for a line that begins before. */
export const logTail: LogTail = { lines: 2_000, maxBytes: 128 * 1024 };

/** ms since the epoch, as logs write it; `never` for 0. */
export const instantText = (ms: number): string => (ms > 0 ? new Date(ms).toISOString() : 'never');

/** What a platform tells of an object, for people, without its secrets. */
export const fullText = (object: unknown): string => JSON.stringify(redactJson(object), undefined, 2);
