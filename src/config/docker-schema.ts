import { z } from 'zod';
import { Secret } from './config.ts';
import type { DockerConfig } from './config.ts';
import { fileText } from './credentials.ts';
import { isMap, oneOf } from './fields.ts';
import { itemName } from './item-name.ts';
import type { Source } from './source.ts';

/** A `tcp://host:port` URL of a Docker engine. */
export const dockerHost = z.string().transform((text, ctx): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url?.protocol !== 'tcp:' ||
    url.port === '' ||
    url.hostname === '' ||
    url.href.replace(/\/$/, '') !== `tcp://${url.host}`
  ) {
    ctx.addIssue(`"${text}" is no address of a Docker engine such as tcp://10.0.0.5:2376; for a socket use "socket"`);
    return z.NEVER;
  }
  return `tcp://${url.host}`;
});

const pem = (source: Source) =>
  fileText(source).check(
    z.superRefine<string>((text, ctx) => {
      if (!text.includes('-----BEGIN ')) ctx.addIssue('the file holds no PEM ("-----BEGIN …")');
    }),
  );

const engine = (source: Source) =>
  z
    .strictObject({
      name: itemName,
      socket: z.string().startsWith('/', 'has to be an absolute path such as /var/run/docker.sock').optional(),
      host: dockerHost.optional(),
      tls: z.strictObject({ ca_file: pem(source), cert_file: pem(source), key_file: pem(source) }).optional(),
      instances: z.array(z.string().min(1, 'is empty')).default([]),
    })
    .check(oneOf(['socket', 'host'], 'exactly'), oneOf(['socket', 'tls'], 'at most'))
    .transform(({ name, socket, host, tls, instances }): DockerConfig => {
      const keys = tls && { ca: tls.ca_file, cert: tls.cert_file, key: new Secret(tls.key_file) };
      return { name, host: socket ?? host ?? '', instances, ...(keys && { tls: keys }) };
    });

export const dockerSchema = (source: Source) => z.array(engine(source)).check(distinct('name'), distinct('instances'));

/** No two items of a list may say the same under a key; with a list there, no two of all of them. */
export const distinct = (key: string) =>
  z.superRefine<readonly unknown[]>(
    (items, ctx) => {
      const seen = new Set<unknown>();
      for (const [index, item] of items.entries()) {
        const value = isMap(item) ? item[key] : undefined;
        const all: readonly unknown[] = Array.isArray(value) ? value : [value];
        for (const [place, one] of all.entries()) {
          if (typeof one !== 'string') continue;
          const path = Array.isArray(value) ? [index, key, place] : [index, key];
          if (seen.has(one))
            ctx.addIssue({ code: 'custom', path, params: { subject: true }, message: `"${one}" is there twice` });
          seen.add(one);
        }
      }
    },
    { when: ({ value }) => Array.isArray(value) },
  );
