/** Somebody said that nothing is to be changed for now: everywhere, on one platform, or in one namespace. */
export interface Pause {
  /** `global`, `kubernetes`, `docker`, `kubernetes/prod`, `docker/edge-1`, `kubernetes/prod/shop` */
  readonly scope: string;
  /** Who said so, and why: both are anybody's words. */
  readonly by: string;
  readonly reason: string;
  /** ms since the epoch */
  readonly at: number;
}

/** Whether a pause is about the target with that key. */
export const pauses = ({ scope }: Pick<Pause, 'scope'>, key: string): boolean =>
  scope === 'global' || key === scope || key.startsWith(`${scope}/`);
