import { z } from 'zod';
import type { BackupRepository } from '../domain/backup.ts';
import { backupLocation } from './backup-location.ts';
import { Secret } from './config.ts';
import { secretFile, secretText } from './credentials.ts';
import { isMap, oneOf } from './fields.ts';
import { itemName } from './item-name.ts';
import { schedule } from './schedule-schema.ts';
import type { Source } from './source.ts';

/** What restic is told in another way, and what would make it another program. */
const refused: readonly (readonly [name: RegExp, why: string])[] = [
  [/^RESTIC_(FROM_)?PASSWORD/, 'the password is said with "password" or "password_file"'],
  [/^RESTIC_(FROM_)?REPOSITORY/, 'the repository is said with "location"'],
  [/^(PATH$|LD_)/, 'it would say which programs run'],
];

/** As it would read it out of a file: what it cuts off there would be a part of it elsewhere. */
const isForRestic = z.superRefine<Secret>((password, ctx) => {
  const text = password.reveal();
  if (text !== text.trim() || /[\r\n]/.test(text))
    ctx.addIssue('a password of a repository has no white space around it, and no line break in it');
});

const variables = z.record(z.string(), secretText).check(
  z.superRefine<Readonly<Record<string, unknown>>>(
    (read, ctx) => {
      for (const name of Object.keys(read)) {
        const why = refused.find(([pattern]) => pattern.test(name))?.[1];
        const refuse = (message: string): void =>
          ctx.addIssue({ code: 'custom', path: [name], params: { at: 'key' }, message });
        if (!/^[A-Z_][A-Z0-9_]*$/.test(name))
          refuse(`"${name}" is no name of an environment variable such as AWS_ACCESS_KEY_ID`);
        else if (why !== undefined) refuse(`${name} can not be given here: ${why}`);
      }
    },
    { when: ({ value }) => isMap(value) },
  ),
);

/** restic numbers no more. */
const mostParts = 256;

/** `1/30`: a thirtieth of the data each time, `all`, `none` → how many parts there are, 0 for none. */
const readData = z.string().transform((text, ctx): number => {
  if (text === 'all') return 1;
  if (text === 'none') return 0;
  const parts = Number(/^1\/([1-9][0-9]*)$/.exec(text)?.[1] ?? NaN);
  if (parts <= mostParts) return parts;
  ctx.addIssue(`"${text}" is no share of the data: say all, none, or a part from 1/2 to 1/${mostParts}`);
  return z.NEVER;
});

/** One entry of `backups.repositories`. */
export const backupRepositorySchema = (source: Source) =>
  z
    .strictObject({
      name: itemName,
      location: backupLocation,
      password: secretText.check(isForRestic).optional(),
      password_file: secretFile(source).check(isForRestic).optional(),
      env: variables.default({}),
      check: z.strictObject({ schedule, read_data: readData.default(30) }).optional(),
      prune: z.strictObject({ schedule }).optional(),
      copy: z.strictObject({ to: z.string(), schedule }).optional(),
    })
    .check(oneOf(['password', 'password_file'], 'exactly'))
    .transform(({ name, location, password, password_file, env, check, prune, copy }): BackupRepository => {
      return {
        name,
        location,
        password: password ?? password_file ?? new Secret(''),
        env,
        ...(check && { check: { schedule: check.schedule, parts: check.read_data } }),
        ...(prune && { prune }),
        ...(copy && { copy }),
      };
    });
