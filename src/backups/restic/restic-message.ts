import { z } from 'zod';

/** What restic says on a line of its own, in JSON. Fields that we do not read are left out. */
const message = z.discriminatedUnion('message_type', [
  z.object({ message_type: z.literal('status'), bytes_done: z.number().optional() }),
  z.object({
    message_type: z.literal('summary'),
    /** 0.14: the first 8 digits only. */
    snapshot_id: z.string().optional(),
    total_bytes_processed: z.number().optional(),
    broken_packs: z.array(z.string()).nullish(),
  }),
  z.object({
    message_type: z.literal('error'),
    /** 0.14: an object of Go without a sentence in it. */
    error: z.looseObject({ message: z.string().optional() }).optional(),
    item: z.string().optional(),
  }),
  z.object({ message_type: z.literal('exit_error'), code: z.number(), message: z.string() }),
  z.object({ message_type: z.literal('initialized'), id: z.string() }),
]);

export type ResticMessage = z.output<typeof message>;

const eraseLine = '\u001b[2K';

/** A line as it reads, without what is meant for a terminal. */
export const plainLine = (line: string): string => line.replaceAll(eraseLine, '').trimEnd();

/** The message on a line; undefined when it is plain text, or of a kind that we do not read. */
export function messageOn(line: string): ResticMessage | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return message.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** What a line says to people; empty when it says nothing to them. */
export function sentenceOn(line: string): string {
  const said = messageOn(line);
  if (said === undefined) return line;
  if (said.message_type === 'exit_error') return said.message.trim();
  if (said.message_type !== 'error') return '';
  return said.error?.message ?? `${said.item ?? 'something'} could not be read`;
}
