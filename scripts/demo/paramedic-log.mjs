import { closeSync, openSync, readSync } from 'node:fs';

/** Paramedic's JSON log as it grows: `events()` answers what it has told so far, oldest first. */
export function followLog(file) {
  const descriptor = openSync(file, 'r');
  const chunk = Buffer.alloc(64 * 1024);
  const told = [];
  let rest = '';
  return {
    events() {
      for (let length = readSync(descriptor, chunk); length > 0; length = readSync(descriptor, chunk)) {
        // Node reads on from where it was. Log lines are ASCII but for what users wrote: latin1 keeps lines whole.
        const lines = (rest + chunk.toString('latin1', 0, length)).split('\n');
        rest = lines.pop();
        for (const line of lines) {
          if (!line.startsWith('{')) continue;
          const event = JSON.parse(Buffer.from(line, 'latin1').toString('utf8'));
          if (event.event !== undefined) told.push(event);
        }
      }
      return told;
    },
    close: () => closeSync(descriptor),
  };
}
