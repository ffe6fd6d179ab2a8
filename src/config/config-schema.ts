import { z } from 'zod';
import { backupsSchema } from './backups-schema.ts';
import { Secret } from './config.ts';
import { basicAuth, credentialKeys, credentials, login, secretFile, secretText } from './credentials.ts';
import { distinct, dockerSchema } from './docker-schema.ts';
import { httpUrl, leastMs, listenAddress, oneOf } from './fields.ts';
import { knownGoodSchema } from './known-good-schema.ts';
import { kubernetesSchema } from './kubernetes-schema.ts';
import { modeSchema } from './mode-schema.ts';
import { guardrailSchema, playbookSchema } from './playbook-schema.ts';
import type { Registries } from './playbook-schema.ts';
import type { Source } from './source.ts';

/** The whole file. What is absent there is absent here: the defaults are `parseConfig`'s. */
export const configSchema = (source: Source, registries: Registries) =>
  z.strictObject({
    mode: modeSchema.optional(),
    listen: listenAddress.optional(),
    external_url: httpUrl.optional(),
    data_dir: z.string().startsWith('/', 'has to be an absolute path').optional(),
    freshness: leastMs(1000, 'nothing would ever start: freshness has to be at least 1s').optional(),
    approval_expires: leastMs(60_000, 'nobody could answer in time: approval_expires has to be at least 1m').optional(),
    known_good: knownGoodSchema(source).optional(),
    redis: redis(source).optional(),
    webhook: webhook(source).optional(),
    ui: z.strictObject({ basic_auth: basicAuth(source).optional() }).optional(),
    alertmanager: z
      .strictObject({
        urls: z.array(httpUrl).min(1),
        receiver: z.string().min(1, 'is empty').default('paramedic'),
        ...credentials(source),
      })
      .check(oneOf(credentialKeys, 'at most'))
      .transform((read) => ({ urls: read.urls, receiver: read.receiver, ...login(read) }))
      .optional(),
    prometheus: z
      .strictObject({ url: httpUrl, ...credentials(source) })
      .check(oneOf(credentialKeys, 'at most'))
      .transform((read) => ({ url: read.url, ...login(read) }))
      .optional(),
    docker: dockerSchema(source).optional(),
    kubernetes: kubernetesSchema(source).optional(),
    backups: backupsSchema(source, registries.sources).optional(),
    guardrails: guardrailSchema(registries.guardrails).optional(),
    playbooks: z.array(playbookSchema(registries)).check(distinct('name')).optional(),
  });

const webhook = (source: Source) =>
  z
    .strictObject({ ...credentials(source), insecure_no_auth: z.boolean().optional() })
    .check(oneOf([...credentialKeys, 'insecure_no_auth'], 'at most'))
    .transform((read) => ({ insecureNoAuth: read.insecure_no_auth ?? false, ...login(read) }));

const redis = (source: Source) =>
  z
    .strictObject({
      url: secretText.check(isRedisUrl).optional(),
      url_file: secretFile(source).check(isRedisUrl).optional(),
    })
    .check(oneOf(['url', 'url_file'], 'exactly'))
    .transform(({ url, url_file }) => ({ url: url ?? url_file ?? new Secret('') }));

/** The URL is not repeated: there is often a password in it. */
const isRedisUrl = z.superRefine<Secret>((secret, ctx) => {
  const text = secret.reveal();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (text.startsWith('/') || (url && ['redis:', 'rediss:'].includes(url.protocol) && url.hostname !== '')) return;
  ctx.addIssue(
    'this is no Redis URL such as redis://127.0.0.1:6379, rediss://host:6380/0 or the path of a socket, /run/redis.sock',
  );
});
