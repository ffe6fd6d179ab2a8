/**
 * Where the trouble of a pod lies, as far as its phrase tells:
 * `start`: an image or a setting that its containers need is not there; `place`: no node takes it, or none gets as far as
 * its containers; `node`: the node it is on; `over`: it has ended, and was replaced; `gate`: its containers are ready, and
 * somebody else has not said yet that it is; `process`: in what runs, or ran, in it.
 */
export type TroubleCause = 'start' | 'place' | 'node' | 'over' | 'gate' | 'process';

/** The words are those of `podTrouble`, and no others: its test goes through each of them. */
const told: readonly (readonly [RegExp, TroubleCause])[] = [
  [/^(was evicted|has failed)/, 'over'],
  [/^is stuck terminating|does not report$|may be down$/, 'node'],
  [/^is not ready \(/, 'gate'],
  [
    /^can not be scheduled|^is held back by its scheduling gates|^(its containers have|container \S+ has) not been created /,
    'place',
  ],
  [/^(image .* can not be pulled|(init )?container \S+ can not start)/, 'start'],
];

/** Of a phrase in `PodDigest.trouble` that is not empty. */
export const causeOf = (trouble: string): TroubleCause => told.find(([words]) => words.test(trouble))?.[1] ?? 'process';

/** True when deleting the pod would not mend it. */
export const comesBackTheSame = (trouble: string): boolean => causeOf(trouble) !== 'process';

/** True when the next pod of the same template will hardly get as far as to run. */
export const wouldNotStart = (trouble: string): boolean => ['start', 'place'].includes(causeOf(trouble));
