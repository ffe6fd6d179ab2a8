import { z } from 'zod';

const anything = z.record(z.string(), z.unknown());
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

const mount = z.object({
  Type: text,
  /** Of a volume. */
  Name: text,
  Source: text,
  Destination: z.string(),
  RW: z.boolean().default(true),
});

/** The answer of `GET /containers/{id}/json`, as far as its definition, its dependencies and its health are read from it. */
export const inspected = z.object({
  Id: z.string(),
  Name: z.string(),
  /** Id of the image, whatever its names are by now. */
  Image: z.string(),
  Created: text,
  Config: z.looseObject({
    Image: z.string(),
    Env: z.array(z.string()).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
  HostConfig: anything,
  Mounts: z.array(mount).nullish(),
  NetworkSettings: z.object({ Networks: z.record(z.string(), anything.nullish()).nullish() }).nullish(),
  State: z
    .object({
      Status: text,
      StartedAt: text,
      Health: z
        .object({
          Status: text,
          Log: z.array(z.object({ Start: text, ExitCode: z.number() })).nullish(),
        })
        .nullish(),
    })
    .nullish(),
});
export type Inspected = z.infer<typeof inspected>;

/** Without the leading slash. */
export const nameOfInspected = ({ Name }: Pick<Inspected, 'Name'>): string => Name.replace(/^\//, '');
