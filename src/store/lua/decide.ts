/**
 * One alert's decision, whole: finds or opens its episode, and for `recover` joins the target's open recovery, or is
 * answered by its last one, or opens a record (or its next attempt) and reserves the target.
 */
export const decide = `
local ek = a.alertname .. ' ' .. (a.targetKey or a.fingerprint)
local episode = redis.call('GET', key('ek', ek))

-- While its target was not known, the alert had an episode of its own: that one goes on in this one.
local earlier = get(key('fp', a.fingerprint), 'episode')
if earlier and redis.call('SISMEMBER', key('episodes'), earlier) == 0 then earlier = nil end
if earlier and not a.targetKey then episode = earlier end
if earlier and earlier ~= episode then
  local members = key('episode', earlier, 'members')
  if not get(key('episode', earlier), 'target') and not episode then
    redis.call('DEL', key('ek', get(key('episode', earlier), 'key')))
    redis.call('HSET', key('episode', earlier), 'key', ek, 'target', a.targetKey)
    redis.call('SET', key('ek', ek), earlier)
    ill(a.targetKey, earlier, a.now)
    episode = earlier
  elseif redis.call('HDEL', members, a.fingerprint) == 1 and redis.call('HLEN', members) == 0 then
    close(earlier, a.now)
  end
end

local known = episode and redis.call('EXISTS', key('decision', episode)) == 1
if not episode then
  episode = a.newEpisode
  open(episode, ek, a.alertname, a.targetKey, a.now)
end
bind(a.fingerprint, episode)
redis.call('HDEL', key('fp', a.fingerprint), 'resolvedAt')
seen(episode, a.fingerprint, a.startsAt, a.now)
if not a.heard then count(episode) end
if known and not due(episode, a.config, a.now) then return cjson.encode({episode = episode, opened = false}) end

local d = {fingerprint = a.fingerprint, decision = a.decision, reason = a.reason, mode = a.mode, at = a.now,
  config = a.config, playbook = a.playbook, target = a.target, retryAt = a.retryAt}
if a.decision ~= 'recover' then
  decision(episode, d)
  return cjson.encode({episode = episode, opened = false})
end

local function member_of(recovery)
  redis.call('ZADD', key('troubled'), a.startsAt, a.targetKey)
  redis.call('SADD', key('recovery', recovery, 'episodes'), episode)
  redis.call('HSET', key('episode', episode), 'recovery', recovery)
  d.recovery = recovery
  decision(episode, d)
end

local running = redis.call('GET', key('reserved', a.targetKey))
if running then
  d.reason = 'joined ' .. running .. ', which is under way for this target'
  member_of(running)
  return cjson.encode({episode = episode, opened = false})
end

-- An alert older than the end of its target's last recovery is answered by that recovery, until it says otherwise. What
-- one playbook only planned is no answer to an alert that another one may act upon.
local last = redis.call('HMGET', key('last', a.targetKey), 'recovery', 'endedAt', 'result', 'config', 'retryAt', 'playbook')
local answers = {recovered = true, ['not-recovered'] = true, failed = true, planned = true, rejected = true, stale = true}
if last[1] and answers[last[3]] and a.startsAt < tonumber(last[2]) and not (last[5] and a.now >= tonumber(last[5]))
  and not (last[3] == 'planned' and (last[4] ~= a.config or last[6] ~= a.playbook)) then
  d.decision = 'none'
  d.reason = 'answered by ' .. last[1] .. ', which ended ' .. last[3] .. ' after this alert had started'
  d.retryAt = last[5] and tonumber(last[5]) or nil
  redis.call('HSET', key('episode', episode), 'recovery', last[1])
  d.recovery = last[1]
  decision(episode, d)
  return cjson.encode({episode = episode, opened = false})
end

-- What was held, or only planned, goes on as the next attempt of the same record, if its playbook is the same.
local attempt = 1
local recovery = get(key('episode', episode), 'recovery')
local r = recovery and redis.call('HMGET', key('recovery', recovery), 'state', 'result', 'attempt', 'targetKey', 'procedure') or {}
local again = {blocked = true, obsolete = true, planned = true, failed = true, rejected = true, stale = true}
if r[1] == 'ended' and again[r[2]] and r[4] == a.targetKey and cjson.decode(r[5]).name == a.playbook
  and not get(key('recovery', recovery), 'manual') then
  attempt = tonumber(r[3]) + 1
  redis.call('PERSIST', key('recovery', recovery))
  redis.call('PERSIST', key('recovery', recovery, 'episodes'))
  redis.call('DEL', key('recovery', recovery, 'journal'))
else
  recovery = a.newRecovery
  redis.call('HSET', key('recovery', recovery), 'id', recovery, 'openedAt', a.now)
end
redis.call('HSET', key('recovery', recovery), 'state', 'open', 'attempt', attempt, 'target', a.target, 'targetKey',
  a.targetKey, 'procedure', a.procedure, 'config', a.config, 'labels', a.labels,
  'startsAt', a.startsAt, 'steps', '[]')
anew(recovery, a.now)
redis.call('SADD', key('recoveries:open'), recovery)
redis.call('SET', key('reserved', a.targetKey), recovery)
member_of(recovery)
return cjson.encode({episode = episode, opened = true, attempt = attempt})
`;
