import { loadConfig } from '../config/load.ts';
import { unnamedZones } from '../config/unnamed-zones.ts';
import { UserError } from '../domain/errors.ts';
import type { Playbook } from '../domain/playbook.ts';

/** `check-config FILE`: every mistake of it, a line each, or what it says. The exit code: 0 or 2. */
export async function checkConfig(args: readonly string[], out: (line: string) => void): Promise<number> {
  const [file, ...more] = args;
  if (file === undefined || file.startsWith('-') || more.length > 0) {
    out('usage: paramedic check-config FILE');
    return 2;
  }
  try {
    const config = await loadConfig({ file, env: process.env });
    const { mode, playbooks } = config;
    out(`${file}: ok, ${playbooks.length} ${playbooks.length === 1 ? 'playbook' : 'playbooks'}, mode ${mode}`);
    for (const playbook of playbooks) out(`  ${describe(playbook)}`);
    const zones = unnamedZones(config);
    if (zones !== undefined) out(`  ${zones}`);
    return 0;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    for (const line of error.message.split('\n')) out(line);
    return 2;
  }
}

const describe = ({ name, mode, match, steps }: Playbook): string =>
  `${name} (${mode}): ${match.map(({ text }) => text).join(', ')} → ${steps.map(({ verb }) => verb).join(', ')}`;
