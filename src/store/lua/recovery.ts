/** A bell was answered: may this run look after the recovery? */
export const begin = `
local k = key('recovery', a.recovery)
local r = redis.call('HMGET', k, 'state', 'attempt', 'result', 'endedMade')
if not r[1] then return cjson.encode({begin = 'ended', reason = 'its record is gone'}) end
local attempt = tonumber(r[2])
if r[1] == 'ended' then
  local human = a.attempt == attempt and a.made > tonumber(r[4] or '0') and (r[3] == 'not-recovered' or r[3] == 'failed')
  local ourselves = a.attempt == attempt + 1 and r[3] == 'blocked'
  if a.attempt == attempt and a.made == tonumber(r[4] or '0') then return cjson.encode({begin = 'untold'}) end
  if human or ourselves then return cjson.encode({begin = 'retry'}) end
  return cjson.encode({begin = 'ended', reason = 'attempt ' .. attempt .. ' ended ' .. r[3]})
end
if a.attempt ~= attempt then
  return cjson.encode({begin = 'ended', reason = 'attempt ' .. attempt .. ' is the present one'})
end
redis.call('HSET', k, 'run', a.run)
return cjson.encode({begin = 'run'})
`;

/** The next attempt of a recovery that ended, unless another one holds its target. */
export const reopen = `
local k = key('recovery', a.recovery)
local r = redis.call('HMGET', k, 'state', 'attempt', 'targetKey', 'reopenedBy')
-- The answer to a call may be lost, and the call is sent again.
if r[1] == 'open' and tonumber(r[2]) == a.attempt + 1 and r[4] == a.run then
  return cjson.encode({attempt = a.attempt + 1})
end
if r[1] ~= 'ended' or tonumber(r[2]) ~= a.attempt then
  return cjson.encode({refused = 'attempt ' .. (r[2] or '?') .. ' of ' .. a.recovery .. ' is under way already'})
end
local holder = redis.call('GET', key('reserved', r[3]))
if holder then return cjson.encode({refused = holder .. ' is under way for ' .. r[3]}) end
redis.call('SET', key('reserved', r[3]), a.recovery)
redis.call('SADD', key('recoveries:open'), a.recovery)
redis.call('PERSIST', k)
redis.call('PERSIST', key('recovery', a.recovery, 'episodes'))
redis.call('DEL', key('recovery', a.recovery, 'journal'))
anew(a.recovery, a.now)
redis.call('HSET', k, 'state', 'open', 'attempt', a.attempt + 1, 'steps', '[]', 'reopenedBy', a.run)
return cjson.encode({attempt = a.attempt + 1})
`;

/** One line of the journal, before its act. */
export const journal = `
if not fenced(a.recovery, a.attempt, a.run) then return cjson.encode({replaced = true}) end
-- Who cancelled it was told that nothing more is changed.
if a.applying and get(key('recovery', a.recovery), 'cancelledBy') then return cjson.encode({replaced = true}) end
-- What waited for an answer is under way now, and no answer may end it.
if a.begins then redis.call('HDEL', key('recovery', a.recovery), 'question') end
redis.call('RPUSH', key('recovery', a.recovery, 'journal'), a.entry)
if a.acts then
  local acted = key('acted', get(key('recovery', a.recovery), 'targetKey'))
  redis.call('HSET', acted, 'recovery', a.recovery, 'attempt', a.attempt, 'at', a.now)
  redis.call('PEXPIRE', acted, KEEP)
end
-- It was counted in, and then not even begun.
if a.unbegun then
  for _, scope in ipairs(redis.call('SMEMBERS', key('recovery', a.recovery, 'counted'))) do
    redis.call('ZREM', key('acts', scope), a.act)
  end
end
-- It was let a moment before it was done: what is counted within a window is what was done.
if a.applied then
  for _, scope in ipairs(redis.call('SMEMBERS', key('recovery', a.recovery, 'counted'))) do
    redis.call('ZADD', key('acts', scope), 'XX', 'GT', a.now, a.act)
  end
end
return '{}'
`;

export const report = `
if not fenced(a.recovery, a.attempt, a.run) then return cjson.encode({replaced = true}) end
redis.call('HSET', key('recovery', a.recovery), 'steps', a.steps)
return '{}'
`;

/** All of the keys, or none. */
export const reserve = `
if not fenced(a.recovery, a.attempt, a.run) then return cjson.encode({replaced = true}) end
for _, target in ipairs(a.keys) do
  local holder = redis.call('GET', key('reserved', target))
  if holder and holder ~= a.recovery then return cjson.encode({key = target, by = holder}) end
end
for _, target in ipairs(a.keys) do
  redis.call('SET', key('reserved', target), a.recovery)
  redis.call('SADD', key('recovery', a.recovery, 'reserved'), target)
end
return '{}'
`;

/**
 * Ends the attempt: releases what it reserved and writes the outcome into the decisions of its episodes. To those that only
 * waited for it, about another target or for another playbook, it is no answer: they are decided anew.
 */
export const finish = `
-- The answer to a call may be lost, and the call is sent again.
local ender = a.token or a.run
if ender ~= '' and get(key('recovery', a.recovery), 'endedRun') == ender then return '{}' end
if a.run ~= '' and not fenced(a.recovery, a.attempt, a.run) then return cjson.encode({replaced = true}) end
local k = key('recovery', a.recovery)
local r = redis.call('HMGET', k, 'state', 'attempt', 'targetKey', 'config')
if r[1] ~= 'open' or tonumber(r[2]) ~= a.attempt then
  return cjson.encode(a.onlyWaiting and {waits = false} or {replaced = true})
end
if a.onlyWaiting then
  local question = get(k, 'question')
  if not question then return cjson.encode({waits = false}) end
  if a.asked and cjson.decode(question).at ~= a.asked then return cjson.encode({waits = false, other = true}) end
end
local reserved = redis.call('SMEMBERS', key('recovery', a.recovery, 'reserved'))
table.insert(reserved, r[3])
for _, target in ipairs(reserved) do
  if redis.call('GET', key('reserved', target)) == a.recovery then redis.call('DEL', key('reserved', target)) end
end
redis.call('DEL', key('recovery', a.recovery, 'reserved'))
for _, scope in ipairs(redis.call('SMEMBERS', key('recovery', a.recovery, 'running'))) do
  redis.call('SREM', key('running', scope), a.recovery)
end
redis.call('DEL', key('recovery', a.recovery, 'running'), key('recovery', a.recovery, 'counted'))
redis.call('SREM', key('recoveries:open'), a.recovery)
redis.call('HDEL', k, 'run', 'question')
redis.call('HSET', k, 'state', 'ended', 'endedRun', ender, 'endedAt', a.now, 'result', a.result, 'outcome', a.outcome, 'endedMade', a.made)
if a.waits then redis.call('HSETNX', k, 'waitsSince', a.now) else redis.call('HDEL', k, 'waitsSince') end
local procedure = cjson.decode(get(k, 'procedure'))
local playbook = procedure.name
-- What somebody only tried out by hand is no answer to an alert.
local triedOut = procedure.mode == 'observe' and get(k, 'manual')
if not triedOut then
  local last = key('last', r[3])
  redis.call('HSET', last, 'recovery', a.recovery, 'endedAt', a.now, 'result', a.result, 'config', r[4], 'playbook', playbook)
  if a.retryAt then redis.call('HSET', last, 'retryAt', a.retryAt) else redis.call('HDEL', last, 'retryAt') end
  redis.call('PEXPIRE', last, KEEP)
end
for _, episode in ipairs(redis.call('SMEMBERS', key('recovery', a.recovery, 'episodes'))) do
  local d = key('decision', episode)
  -- One that was decided otherwise meanwhile is no business of this recovery any more.
  if get(d, 'recovery') == a.recovery then
    local own = get(key('episode', episode), 'target') == r[3] and get(d, 'playbook') == playbook and not triedOut
    local retryAt = a.retryAt
    if not own then retryAt = a.now end
    redis.call('HSET', d, 'reason', a.result .. ': ' .. a.reason)
    if retryAt then redis.call('HSET', d, 'retryAt', retryAt) else redis.call('HDEL', d, 'retryAt') end
  end
end
for _, name in ipairs({k, key('recovery', a.recovery, 'journal'), key('recovery', a.recovery, 'episodes')}) do
  redis.call('PEXPIRE', name, KEEP)
end
return '{}'
`;

/** A reachable Alertmanager did not list it. */
export const missed = `
local members = key('episode', a.episode, 'members')
local m = redis.call('HGET', members, a.fingerprint)
if not m or get(key('episode', a.episode), 'closedAt') then return cjson.encode({closed = false}) end
local startsAt, lastSeenAt, absent = string.match(m, '^(%S+) (%S+) (%S+)')
if tonumber(absent) == 0 then
  redis.call('HSET', members, a.fingerprint, startsAt .. ' ' .. lastSeenAt .. ' ' .. a.now)
  return cjson.encode({closed = false})
end
if a.now - tonumber(absent) < a.absentMs then return cjson.encode({closed = false}) end
redis.call('HDEL', members, a.fingerprint)
if redis.call('HLEN', members) > 0 then return cjson.encode({closed = false}) end
close(a.episode, a.now)
return cjson.encode({closed = true})
`;
