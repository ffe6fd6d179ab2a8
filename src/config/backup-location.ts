import { z } from 'zod';

const words =
  'this is no place of a repository: an absolute path such as /srv/backups, or rest:https://host:8000/path, s3:https://host/bucket, sftp:user@host:/path';

/** What stands before the host of a URL or of `user@host:path`; the path may hold an @ of its own. */
const credentialsIn = (address: string): string =>
  /^[^/]*(?=@)/.exec(address.replace(/^([a-z0-9]+:)?\/\//i, ''))?.[0] ?? '';

const isHttp = (address: string): boolean => {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url !== undefined && /^https?:\/\//i.test(address) && url.search === '' && url.hash === '';
};

/** By what stands before the first colon. */
const kinds: Readonly<Record<string, (address: string) => boolean>> = {
  rest: isHttp,
  // A host, or its URL, and a bucket.
  s3: (address) =>
    address.includes('://')
      ? isHttp(address) && !/^\/*$/.test(new URL(address).pathname)
      : /^[^/]+\/+[^/]/.test(address),
  sftp: (address) => /^(\/\/([^/@]+@)?[^/@]+\/.|([^/@:]+@)?[^/@:]+:.)/.test(address),
};

const insteadOf: Readonly<Record<string, string>> = {
  rest: 'give RESTIC_REST_USERNAME and RESTIC_REST_PASSWORD in "env"',
  s3: 'give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in "env"',
  sftp: 'let ssh log in with a key',
};

/**
 * Where restic finds a repository. What is wrong is not repeated: there may be a password in it. A relative path would be
 * another place for whoever starts us elsewhere.
 */
export const backupLocation = z.string().transform((text, ctx): string => {
  const [, kind = '', address = ''] = /^([a-z0-9]+):(.*)$/s.exec(text) ?? [];
  if (/\p{Cc}/u.test(text)) ctx.addIssue('a place of a repository holds no line breaks and the like');
  else if (text.startsWith('/')) return text;
  else if (credentialsIn(address).includes(':'))
    ctx.addIssue(
      `a place with a password in it would be printed; ${insteadOf[kind] ?? 'give the credentials in "env"'}`,
    );
  else if (kinds[kind]?.(address) === true) return text;
  else ctx.addIssue(words);
  return z.NEVER;
});
