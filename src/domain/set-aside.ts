const setAside = /-paramedic-(old|kept)-[0-9a-f]{12}$/;

/** What a container is called while another one has its name. `id`: its full id. */
export const asideName = (name: string, id: string): string => `${name}-paramedic-old-${id.slice(0, 12)}`;

/** The same, once that other one has proved itself, where the first is kept for what it has written. */
export const keptName = (name: string, id: string): string => `${name}-paramedic-kept-${id.slice(0, 12)}`;

/** Whether a container of that name stands aside for one that was made in its place. */
export const isSetAside = (name: string): boolean => setAside.test(name);
