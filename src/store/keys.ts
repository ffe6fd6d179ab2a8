/**
 * Every key we write and how long it lives. `P` is the prefix (`paramedic:`); the Lua scripts build the same names.
 *
 * | key | type | what | lifetime |
 * | --- | --- | --- | --- |
 * | P fp:FINGERPRINT | hash | episode, resolvedAt, heardAt (of the resolve) | 30 d after the last news |
 * | P ek:KEY | string | (alertname, target or fingerprint) → its open episode | while the episode is open |
 * | P episode:ID | hash | alertname, key, target, source, openedAt, closedAt, count, recovery | 30 d after it closed |
 * | P episode:ID:members | hash | fingerprint → `startsAt lastSeenAt absentSince` | with its episode |
 * | P episodes | set | the open ones | – |
 * | P decision:EPISODE | hash | domain/decision.ts | 30 d after its episode closed; the oldest go when all take over 64 MB |
 * | P decisions | zset | episode ids by time of decision | as long as their decisions, by upkeep |
 * | P decisions:bytes | zset | episode ids by what they take, with their recoveries | the same |
 * | P decisions:total, :measured | string | what all take; up to when they were measured | – |
 * | P audit | stream | domain/audit.ts | 30 d; the oldest go when all take over 32 MB; no entry is changed |
 * | P recovery:ID | hash | domain/recovery.ts | 30 d after it ended |
 * | P recovery:ID:journal | list | entries of the present attempt | with its recovery |
 * | P recovery:ID:episodes, :reserved | set | episode ids; other targets it reserved | with its recovery |
 * | P recoveries | zset | recovery ids by when their present attempt was opened | trimmed by upkeep |
 * | P recovery:ID:evidence | hash | attempt → domain/evidence.ts, base64 of its gzip | 30 d after the last was taken; the oldest go when all take over 256 MB |
 * | P evidence | zset | `RECOVERY ATTEMPT` by when its evidence was taken | as long as that |
 * | P evidence:bytes | hash | the same by what it takes, and the total of them | the same |
 * | P recoveries:open | set | the open ones | – |
 * | P reserved:TARGET | string | the recovery that holds it | until that recovery ends: no expiry |
 * | P last:TARGET | hash | recovery, endedAt, result, config, retryAt of the last one that ended | 30 d |
 * | P acted:TARGET | hash | recovery, attempt, at of the last `applying` | 30 d |
 * | P recovery:ID:running | set | scopes of the places it holds | until that recovery ends |
 * | P recovery:ID:counted | set | scopes that its acts are counted in | until that recovery ends |
 * | P running:SCOPE | set | recoveries that hold a place | until they end |
 * | P acts:SCOPE | zset | acts by time, the newest 1,000 | 30 d |
 * | P latched:SCOPE | hash | at, by: a limit that is used up | until it is acknowledged |
 * | P latches | set | scopes that are latched | – |
 * | P acked:SCOPE | string | when it was acknowledged last | 30 d |
 * | P on:TARGET | set | its open episodes | – |
 * | P calm:TARGET | string | since when it has had none | 30 d |
 * | P quiet:TARGET | zset | `END LENGTH` of its stretches without one, ms, the newest 100 | 30 d |
 * | P troubled | zset | targets by when the trouble began that led to a recovery | trimmed by upkeep |
 * | P pages | hash | recovery → domain/page.ts | until it is over, and that was told |
 * | P paused | hash | scope → domain/pause.ts | until it is resumed |
 * | P storm | string | domain/storm.ts | until it is ended by hand |
 * | P kg:object:KEY | hash | versions, goneAt, c:HASH → content: raw deflate of JSON; bytes | until it was gone for 30 d, or its namespace was deleted |
 * | P kg:target:KEY | hash | graph, stamps, k:ID → objects and nodes of a known-good: the same; demoted:ID, goneAt, bytes | the same |
 * | P kg:objects, kg:targets | set | the keys of those | as long as those |
 * | P kg:bytes | string | what those take | – |
 * | P kg:watch:PLACE | hash | holder, at, ok, reason of the last beat of who watches it; written: how often it wrote | 30 d, with all that is of that place |
 * | P kg:lease:PLACE | string | who watches it now | 15 s after the last beat |
 * | P kg:places | set | places that were watched | as long as their last beat |
 * | P backup:run:ID | hash | domain/backup-run.ts | 30 d after it ended; the newest 1,000 of a source; never before it ended |
 * | P backup:runs:SOURCE | zset | ids of its runs by when they were opened | 30 d after the last of them ended |
 * | P backup:sources | set | sources that have runs | as long as those, by the next run |
 * | P backup:open | hash | source, or `drill` and it → its run that has not ended | until that run ends |
 * | P backup:standing:SOURCE | hash | how its last backup, drill and restore ended, `drilled`: its last good drill, `point REPOSITORY`: its newest recovery point | – |
 * | P backup:turn:WORK NAME CRON | string | `UNTIL ZONE`: up to when that schedule is seen to, and in which zone it was then | 400 d after it was |
 * | P backup:care:REPOSITORY | hash | work → domain/repository-care.ts, as JSON | – |
 * | P backup:repositories | hash | repository → its id | – |
 * | P backup:lane:REPOSITORY:shared | zset | holders by when their time is over | until the last one's time is over |
 * | P backup:lane:REPOSITORY:exclusive | string | its one holder | until its time is over |
 * | P backup:lane:REPOSITORY:waiting | zset | who waits for the exclusive one, by until when | 10 s after the last ask |
 * | P identity | string | what this store is called, in its backups too | – |
 * | P restoring | string | since when `restore --own` has been bringing back to this store | until all is there |
 * | P receivers | set | receivers our deliveries were addressed to | – |
 */
export const keepMs = 30 * 86_400_000;
/** Above these the oldest go. */
/** Nothing goes above it, which the numbers of versions see to: it is what is alerted about. */
export const maxKnownGoodBytes = 100 * 2 ** 20;
export const maxBytes = { decisions: 64 * 2 ** 20, audit: 32 * 2 ** 20, evidence: 256 * 2 ** 20 };

export const keys = (prefix: string) => ({
  episode: (id: string) => `${prefix}episode:${id}`,
  members: (id: string) => `${prefix}episode:${id}:members`,
  episodes: `${prefix}episodes`,
  decision: (episode: string) => `${prefix}decision:${episode}`,
  decisions: `${prefix}decisions`,
  decisionsTotal: `${prefix}decisions:total`,
  fingerprint: (fingerprint: string) => `${prefix}fp:${fingerprint}`,
  audit: `${prefix}audit`,
  recovery: (id: string) => `${prefix}recovery:${id}`,
  journal: (id: string) => `${prefix}recovery:${id}:journal`,
  evidence: (recovery: string) => `${prefix}recovery:${recovery}:evidence`,
  evidenceBytes: `${prefix}evidence:bytes`,
  recoveryEpisodes: (id: string) => `${prefix}recovery:${id}:episodes`,
  recoveries: `${prefix}recoveries`,
  openRecoveries: `${prefix}recoveries:open`,
  acted: (target: string) => `${prefix}acted:${target}`,
  latches: `${prefix}latches`,
  latched: (scope: string) => `${prefix}latched:${scope}`,
  pages: `${prefix}pages`,
  paused: `${prefix}paused`,
  storm: `${prefix}storm`,
  troubled: `${prefix}troubled`,
  identity: `${prefix}identity`,
  restoring: `${prefix}restoring`,
  receivers: `${prefix}receivers`,
  backupRun: (id: string) => `${prefix}backup:run:${id}`,
  backupRuns: (source: string) => `${prefix}backup:runs:${source}`,
  backupStanding: (source: string) => `${prefix}backup:standing:${source}`,
  backupSources: `${prefix}backup:sources`,
  openBackups: `${prefix}backup:open`,
  backupTurn: (of: string) => `${prefix}backup:turn:${of}`,
  backupCare: (repository: string) => `${prefix}backup:care:${repository}`,
  backupRepositories: `${prefix}backup:repositories`,
  keptObject: (key: string) => `${prefix}kg:object:${key}`,
  keptTarget: (key: string) => `${prefix}kg:target:${key}`,
  keptObjects: `${prefix}kg:objects`,
  keptTargets: `${prefix}kg:targets`,
  keptBytes: `${prefix}kg:bytes`,
  keptWatch: (place: string) => `${prefix}kg:watch:${place}`,
  keptLease: (place: string) => `${prefix}kg:lease:${place}`,
});
