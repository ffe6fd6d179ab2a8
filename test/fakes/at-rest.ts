/**
 * Resolves with a count of bytes once it grows no more: not while that many round trips pass through the event loop, each
 * of which leaves time for every byte that is wanted.
 */
export async function atRest(count: () => number, roundTrip: () => Promise<unknown>, trips = 30): Promise<number> {
  let last = count();
  for (let still = 0; still < trips; still += 1) {
    await roundTrip();
    if (count() !== last) still = 0;
    last = count();
  }
  return last;
}
