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
 * | P decision:EPISODE | hash | domain/decision.ts | 30 d after its episode closed |
 * | P decisions | zset | episode ids by time of decision | trimmed by upkeep |
 * | P recovery:ID | hash | domain/recovery.ts | 30 d after it ended |
 * | P recovery:ID:journal | list | entries of the present attempt | with its recovery |
 * | P recovery:ID:episodes, :reserved | set | episode ids; other targets it reserved | with its recovery |
 * | P recoveries:open | set | the open ones | – |
 * | P reserved:TARGET | string | the recovery that holds it | until that recovery ends: no expiry |
 * | P last:TARGET | hash | recovery, endedAt, result, config, retryAt of the last one that ended | 30 d |
 * | P acted:TARGET | hash | recovery, attempt, at of the last `applying` | 30 d |
 * | P receivers | set | receivers our deliveries were addressed to | – |
 */
export const keepMs = 30 * 86_400_000;

export const keys = (prefix: string) => ({
  episode: (id: string) => `${prefix}episode:${id}`,
  members: (id: string) => `${prefix}episode:${id}:members`,
  episodes: `${prefix}episodes`,
  decision: (episode: string) => `${prefix}decision:${episode}`,
  decisions: `${prefix}decisions`,
  recovery: (id: string) => `${prefix}recovery:${id}`,
  journal: (id: string) => `${prefix}recovery:${id}:journal`,
  recoveryEpisodes: (id: string) => `${prefix}recovery:${id}:episodes`,
  openRecoveries: `${prefix}recoveries:open`,
  acted: (target: string) => `${prefix}acted:${target}`,
  receivers: `${prefix}receivers`,
});
