import { tmpdir } from 'node:os';
import { isAbsolute } from 'node:path';
import { z } from 'zod';

const file = z.string().refine(isAbsolute, 'has to be an absolute path').optional();
const program = z.string().regex(/^[^\s-]\S*$/, 'is no program, or path of one');

export const params = z
  .strictObject({
    endpoints: z
      .array(z.string().regex(/^(https?|unixs?):\/\/\S+$/, 'is no address such as https://127.0.0.1:2379'))
      .min(1, 'is empty: it names members of the cluster'),
    cacert: file,
    cert: file,
    key: file,
    /** A folder with room for two of them, where the snapshot is for a while, readable to us alone. */
    folder: z.string().refine(isAbsolute, 'has to be an absolute path').prefault(tmpdir),
    etcdctl: program.default('etcdctl'),
    etcdutl: program.default('etcdutl'),
    /** The server that a drill starts on what was restored; absent: none. */
    etcd: program.optional(),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
    path: ['cert'],
    error: 'cert and key go together',
  });
export type Params = z.output<typeof params>;
