import type { PodLogTail } from '../domain/kubernetes-client.ts';
import { newestLines } from './newest-lines.ts';

/** How much more than wanted is asked for, before fewer lines are. */
const spare = 8;

/**
 * The end of a container's log. The API's own bound on bytes leaves out the END of the lines that are asked for, which is
 * what matters: where it does, fewer lines are asked for. Throws what `read` throws.
 */
export async function podLog(
  { container, previous, lines, maxBytes }: PodLogTail,
  read: (query: URLSearchParams) => Promise<Buffer>,
): Promise<string> {
  const limitBytes = spare * maxBytes;
  for (let tailLines = lines; ; tailLines = Math.floor(tailLines / spare)) {
    const query = new URLSearchParams({
      container,
      timestamps: 'true',
      tailLines: `${tailLines}`,
      limitBytes: `${limitBytes}`,
      ...(previous && { previous: 'true' }),
    });
    const log = await read(query);
    // One byte that was cut through decodes to three.
    if (log.byteLength < limitBytes - 3) return newestLines(log, maxBytes);
    if (tailLines < spare) return '';
  }
}
