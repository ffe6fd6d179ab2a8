/**
 * On a container that was made in the place of another: the ids of those before it, the newest first, joined by a comma.
 * Whoever knows one of them by its id takes this one for the same.
 */
export const recreatedFromLabel = 'paramedic.dev/recreated-from';

/** The ids that a container stands for, beside its own; the newest first. */
export const predecessors = (labels: Readonly<Record<string, string>>): readonly string[] =>
  (labels[recreatedFromLabel] ?? '').split(',').filter((id) => id !== '');
