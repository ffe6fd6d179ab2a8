/** On what `paramedic restore --all` has made: the snapshot that it made it of, so that it can go on with it. */
export const restoredLabel = 'paramedic.dev/restored-from';

/** The name of an empty volume that says: what that snapshot holds is where it belongs. */
export const restoredMark = (snapshot: string): string => `paramedic-restored-${snapshot.slice(0, 12)}`;
