import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { Secret } from './config.ts';
import type { BasicAuth } from './config.ts';
import { oneOf } from './fields.ts';
import type { Source } from './source.ts';

/** The text of a file that the configuration names, relative to the configuration's own folder. */
export const fileText = ({ file, readFile }: Source) =>
  z.string().transform((path, ctx): string => {
    try {
      return readFile(resolve(dirname(file), path));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
      ctx.addIssue(`cannot read the file "${path}": ${causes[code] ?? code}`);
      return z.NEVER;
    }
  });

const causes: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
};

/** A secret in a file; white space around it does not belong to it. */
export const secretFile = (source: Source) =>
  fileText(source).transform((text, ctx) => {
    if (text.trim() === '') ctx.addIssue('the file is empty; write the secret into it');
    return new Secret(text.trim());
  });

export const secretText = z
  .string()
  .min(1, 'is empty')
  .transform((text) => new Secret(text));

/** Also keeps out what an HTTP client would refuse later, with the token in its message. */
const isToken = z.superRefine<Secret>((secret, ctx) => {
  if (!/^[\x21-\x7e]*$/.test(secret.reveal()))
    ctx.addIssue('a token holds printable ASCII characters only, and no blanks');
});

export const basicAuth = (source: Source) =>
  z
    .strictObject({
      username: z
        .string()
        .min(1, 'is empty')
        .regex(/^[^:]*$/, 'must not hold a colon'),
      password: secretText.optional(),
      password_file: secretFile(source).optional(),
    })
    .check(oneOf(['password', 'password_file'], 'exactly'))
    .transform(({ username, password, password_file }): BasicAuth => {
      return { username, password: password ?? password_file ?? new Secret('') };
    });

/** The keys of whoever logs in by HTTP; check with `oneOf(credentialKeys, …)`. */
export const credentials = (source: Source) => ({
  bearer_token: secretText.check(isToken).optional(),
  bearer_token_file: secretFile(source).check(isToken).optional(),
  basic_auth: basicAuth(source).optional(),
});

export const credentialKeys = ['bearer_token', 'bearer_token_file', 'basic_auth'] as const;

/** What was read, under the names of Config. */
export function login(read: {
  bearer_token?: Secret | undefined;
  bearer_token_file?: Secret | undefined;
  basic_auth?: BasicAuth | undefined;
}): { bearer?: Secret; basic?: BasicAuth } {
  const bearer = read.bearer_token ?? read.bearer_token_file;
  return { ...(bearer && { bearer }), ...(read.basic_auth && { basic: read.basic_auth }) };
}
