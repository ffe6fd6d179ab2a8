/** Up to when all that a schedule has named is seen to, ms since the epoch, and in which zone it named it. */
export interface SeenTo {
  readonly until: number;
  readonly timeZone: string;
}

/** When something is done by itself. */
export interface Schedule {
  /** Five fields: minute, hour, day of the month, month, day of the week. */
  readonly cron: string;
  /** A name of the IANA database, `Europe/Berlin`. */
  readonly timeZone: string;
  /** The configuration names none: it is UTC. */
  readonly unnamedZone?: true;
  /** It is begun up to so much later, always by the same for one source, so that not all begin at once; ms. */
  readonly jitterMs: number;
  /** The first time is at once, and not the next that it names. */
  readonly atOnce?: true;
}
