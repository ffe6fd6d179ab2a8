import { z } from 'zod';
import type { OtherKind } from '../domain/known-good.ts';
import type { Config, Secret } from './config.ts';
import { secretFile } from './credentials.ts';
import { leastMs } from './fields.ts';
import type { Source } from './source.ts';

/** So that nobody finds it by trying. */
const leastKeyLength = 32;
const howToMakeOne = 'write one with: openssl rand -base64 32 > FILE';

const keyFile = (source: Source) =>
  secretFile(source).check(
    z.superRefine<Secret>((key, ctx) => {
      if (key.reveal() !== '' && key.reveal().length < leastKeyLength)
        ctx.addIssue(`the key has less than ${leastKeyLength} characters; ${howToMakeOne}`);
    }),
  );

/** Groups of Kubernetes itself: what of them can be put back, and how, is known without the configuration. */
const ofKubernetes =
  /^[^.]+\.(apps|batch|autoscaling|policy|extensions|(admissionregistration|apiextensions|apiregistration|authentication|authorization|certificates|coordination|discovery|events|flowcontrol\.apiserver|internal\.apiserver|networking|node|rbac\.authorization|resource|scheduling|storage|storagemigration)\.k8s\.io)$/;

/** As `kubectl api-resources` has them. */
const otherKind = z
  .strictObject({
    resource: z
      .string()
      .regex(
        /^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+$/,
        'is no resource with its group such as virtualservices.networking.istio.io',
      )
      .check(
        z.superRefine<string>((resource, ctx) => {
          if (ofKubernetes.test(resource))
            ctx.addIssue(`${resource} is a part of Kubernetes itself, and remembered as far as it is any use`);
        }),
      ),
    version: z.string().regex(/^v[0-9]+((alpha|beta)[0-9]+)?$/, 'is no version such as v1 or v1beta1'),
    kind: z.string().regex(/^[A-Z][A-Za-z0-9]*$/, 'is no kind such as VirtualService'),
  })
  .transform(({ resource, version, kind }): OtherKind => {
    const group = resource.slice(resource.indexOf('.') + 1);
    return {
      slug: `${kind.toLowerCase()}.${group}`,
      resource: `${resource}/${version}/${kind}`,
      apiVersion: `${group}/${version}`,
      kind,
    };
  });

/** In one version: two would be told as one. */
const eachOnce = z.superRefine<readonly OtherKind[]>((kinds, ctx) => {
  for (const [index, { slug, kind }] of kinds.entries())
    if (kinds.findIndex((one) => one.slug === slug) < index)
      ctx.addIssue({ code: 'custom', path: [index, 'kind'], message: `${kind} of this group is there twice` });
});

/** Whether it is remembered how things looked when they were healthy, after how long of that, and how long a change is a suspect. */
export const knownGoodSchema = (source: Source) =>
  z
    .strictObject({
      enabled: z.boolean().optional(),
      after: leastMs(30_000, 'ready is not healthy: known_good.after has to be at least 30s').optional(),
      blame_window: leastMs(60_000, 'known_good.blame_window has to be at least 1m').optional(),
      bind_mounted_files: z.boolean().optional(),
      kinds: z.array(otherKind).check(eachOnce).optional(),
      secrets: z.enum(['off', 'hash', 'restore']).optional(),
      secrets_key_file: keyFile(source).optional(),
    })
    .check(
      z.superRefine<{ secrets?: string | undefined; secrets_key_file?: Secret | undefined }>(
        ({ secrets = 'off', secrets_key_file }, ctx) => {
          if (secrets !== 'off' && secrets_key_file === undefined)
            ctx.addIssue({
              code: 'custom',
              path: ['secrets'],
              message: `known_good.secrets: ${secrets} needs known_good.secrets_key_file, the key that they are sealed with; ${howToMakeOne}`,
            });
        },
      ),
    );

/** What was read, under the names of Config. */
export function knownGoodOf({
  after = 60_000,
  blame_window: blameMs = 3_600_000,
  bind_mounted_files: bindMountedFiles = false,
  kinds = [],
  secrets: keep = 'off',
  secrets_key_file: key,
}: z.output<ReturnType<typeof knownGoodSchema>> = {}): NonNullable<Config['knownGood']> {
  return { afterMs: after, blameMs, bindMountedFiles, kinds, ...(keep !== 'off' && key && { secrets: { keep, key } }) };
}
