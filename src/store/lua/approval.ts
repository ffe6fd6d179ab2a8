/** The run ends; the recovery stays open and keeps its target, but no place that others may need. */
export const ask = `
local k = key('recovery', a.recovery)
-- The answer to a call may be lost, and the call is sent again.
if get(k, 'askedRun') == a.run then return cjson.encode({asked = true}) end
if not fenced(a.recovery, a.attempt, a.run) then return cjson.encode({replaced = true}) end
-- It was answered, or cancelled, while this run looked again, which did not know: it goes on by that answer.
local answered = tonumber(get(k, 'approvedAt') or '0') ~= a.approvedAt
if answered or get(k, 'cancelledBy') then return cjson.encode({asked = false}) end
redis.call('HDEL', k, 'run', 'approval', 'approvedBy', 'approvedAt')
redis.call('HSET', k, 'question', a.question, 'askedRun', a.run)
for _, scope in ipairs(redis.call('SMEMBERS', key('recovery', a.recovery, 'running'))) do
  redis.call('SREM', key('running', scope), a.recovery)
end
redis.call('DEL', key('recovery', a.recovery, 'running'))
for _, episode in ipairs(redis.call('SMEMBERS', key('recovery', a.recovery, 'episodes'))) do
  local d = key('decision', episode)
  if get(d, 'recovery') == a.recovery then
    redis.call('HSET', d, 'reason', 'awaiting-approval: ' .. a.reason)
    redis.call('HDEL', d, 'retryAt')
  end
end
return cjson.encode({asked = true})
`;

/** The question becomes the approval, as it was asked. */
export const approve = `
local k = key('recovery', a.recovery)
local r = redis.call('HMGET', k, 'state', 'attempt', 'question', 'result', 'approvedBy')
if not r[1] then return cjson.encode({refused = 'there is no recovery ' .. a.recovery}) end
-- The answer to a call may be lost, and the call is sent again.
if get(k, 'answeredBy') == a.token then return cjson.encode({attempt = tonumber(r[2])}) end
if not r[3] then
  local now = r[1] == 'ended' and 'it has ended ' .. (r[4] or '') or r[5] and r[5] .. ' has approved it' or 'it is under way'
  return cjson.encode({refused = a.recovery .. ' does not wait for approval: ' .. now})
end
local question = cjson.decode(r[3])
if a.asked and question.at ~= a.asked then
  return cjson.encode({refused = 'This is not the question any more that you were shown: look at it again'})
end
if a.now >= question.expiresAt then
  return cjson.encode({refused = a.recovery .. ' waits for approval no more: it is too late'})
end
redis.call('HDEL', k, 'question')
redis.call('HSET', k, 'approval', r[3], 'approvedBy', a.by, 'approvedAt', a.now, 'answeredBy', a.token)
return cjson.encode({attempt = tonumber(r[2])})
`;

export const cancel = `
local k = key('recovery', a.recovery)
local r = redis.call('HMGET', k, 'state', 'attempt')
if not r[1] then return cjson.encode({refused = 'there is no recovery ' .. a.recovery}) end
if get(k, 'answeredBy') == a.token then return cjson.encode({attempt = tonumber(r[2])}) end
if get(k, 'question') then return cjson.encode({refused = 'it waits', waits = true}) end
if r[1] ~= 'open' then return cjson.encode({refused = a.recovery .. ' has ended already'}) end
redis.call('HSET', k, 'cancelledBy', a.by, 'cancelledBecause', a.reason, 'answeredBy', a.token)
return cjson.encode({attempt = tonumber(r[2])})
`;

/** A recovery without an alert: a record, and its target reserved. */
export const openManual = `
local holder = redis.call('GET', key('reserved', a.targetKey))
if holder == a.recovery then return cjson.encode({recovery = a.recovery}) end
if holder then return cjson.encode({refused = holder .. ' is under way for ' .. a.targetKey}) end
redis.call('HSET', key('recovery', a.recovery), 'id', a.recovery, 'openedAt', a.now, 'state', 'open', 'attempt', 1,
  'target', a.target, 'targetKey', a.targetKey, 'procedure', a.procedure, 'config', a.config, 'labels', '{}',
  'startsAt', a.now, 'steps', '[]', 'manual', a.manual)
redis.call('SADD', key('recoveries:open'), a.recovery)
redis.call('ZADD', key('recoveries'), a.now, a.recovery)
redis.call('SET', key('reserved', a.targetKey), a.recovery)
return cjson.encode({recovery = a.recovery})
`;
