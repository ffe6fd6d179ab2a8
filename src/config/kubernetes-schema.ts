import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { KubernetesConfig } from './config.ts';
import { fileText } from './credentials.ts';
import { distinct } from './docker-schema.ts';
import { isMap } from './fields.ts';
import { itemName } from './item-name.ts';
import type { Source } from './source.ts';

/** As it is written; which kubeconfig stands in for one that is not named is `findKubernetes`' to say. */
export type ReadCluster = Omit<KubernetesConfig, 'isDefault'> & { readonly isDefault?: boolean };

/** The path of a file that can be read. */
const readable = (source: Source) => z.string().check(canBeRead(source)).transform(absolute(source));

const absolute =
  ({ file }: Source) =>
  (path: string): string =>
    resolve(dirname(file), path);

const canBeRead = (source: Source) =>
  z.superRefine<string>((path, ctx) => {
    for (const { message } of fileText(source).safeParse(path).error?.issues ?? []) ctx.addIssue(message);
  });

const namespace = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'is no name of a namespace: 1 to 63 of a-z, 0-9 and "-"');

const cluster = (source: Source) =>
  z
    .strictObject({
      name: itemName,
      kubeconfig: readable(source).optional(),
      context: z.string().min(1, 'is empty').optional(),
      default: z.boolean().optional(),
      protected_namespaces: z.array(namespace).default([]),
      network_policies: z.enum(['enforced', 'unknown']).default('unknown'),
    })
    .transform(
      ({
        name,
        kubeconfig,
        context,
        default: isDefault,
        protected_namespaces: protectedNamespaces,
        network_policies: policies,
      }): ReadCluster => ({
        name,
        protectedNamespaces,
        ...(policies === 'enforced' && { enforcesPolicies: true }),
        ...(isDefault !== undefined && { isDefault }),
        ...(kubeconfig !== undefined && { kubeconfig }),
        ...(context !== undefined && { context }),
      }),
    );

export const kubernetesSchema = (source: Source) => z.array(cluster(source)).check(distinct('name'), oneDefault());

const oneDefault = () =>
  z.superRefine<readonly unknown[]>(
    (items, ctx) => {
      const defaults = [...items.entries()].filter(
        ([, item]) => isMap(item) && (item['default'] === true || item['isDefault'] === true),
      );
      for (const [index] of defaults.slice(1))
        ctx.addIssue({
          code: 'custom',
          path: [index, 'default'],
          message: `only one cluster can be the default, and kubernetes[${defaults[0]?.[0]}] is it already`,
        });
    },
    { when: ({ value }) => Array.isArray(value) },
  );
