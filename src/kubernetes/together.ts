/** What is asked for within this time is read together, ms. */
const togetherMs = 5;

/**
 * Gathers the names of one namespace that are asked for at about the same time, and has them read by one `read`; each
 * who asked waits for the end of it.
 */
export function together(
  read: (namespace: string, names: readonly string[]) => Promise<void>,
): (place: { readonly namespace: string; readonly name: string }) => Promise<void> {
  const open = new Map<string, { readonly names: string[]; readonly end: Promise<void> }>();
  return async ({ namespace, name }) => {
    const gathering = open.get(namespace);
    if (gathering !== undefined) {
      gathering.names.push(name);
      return gathering.end;
    }
    const names = [name];
    const end = new Promise((resolve) => setTimeout(resolve, togetherMs)).then(() => {
      open.delete(namespace);
      return read(namespace, names);
    });
    open.set(namespace, { names, end });
    return end;
  };
}
