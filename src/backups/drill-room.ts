/** What a pod of a drill may write on its node's disk beside what is brought back: a new server's own files and its log. */
const leastBytes = 2 * 1024 ** 3;
/** What indexes, a log of what is written, and small files may take of what a dump or an archive has. */
const factor = 4;

/** How much of its node's disk a pod asks for, and how much it may have, bytes: a pod that takes more is evicted, and no other. */
export interface DrillRoom {
  readonly asked: number;
  readonly most: number;
}

/** For a recovery point of so many bytes; absent: nothing is brought back to the pod's own disk, or it is not known how much. */
export const roomFor = (bytes = 0): DrillRoom => ({ asked: bytes, most: leastBytes + factor * bytes });
