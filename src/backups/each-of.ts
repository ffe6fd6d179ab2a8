/** Does it to one after the other, also to those behind one with which it does not go; rejects with the first reason then. */
export async function eachOf<One>(all: readonly One[], act: (one: One) => Promise<unknown>): Promise<void> {
  const reasons: unknown[] = [];
  for (const one of all) await act(one).catch((error: unknown) => reasons.push(error));
  if (reasons.length > 0) throw reasons[0];
}
