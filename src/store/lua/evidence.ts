/**
 * Keeps the evidence of an attempt, `a.text`, and lets the oldest go: what is older than 30 days, and what is over
 * `a.maxBytes` together. What was just written stays, whatever it takes.
 */
export const keepEvidence = `
if not fenced(a.recovery, a.attempt, a.run) then return cjson.encode({replaced = true}) end
local index, sizes = key('evidence'), key('evidence:bytes')

-- A member is RECOVERY ATTEMPT.
local function forget(member)
  local recovery, attempt = string.match(member, '^(%S+) (%S+)$')
  redis.call('HDEL', key('recovery', recovery, 'evidence'), attempt)
  redis.call('HINCRBY', sizes, 'total', 0 - tonumber(redis.call('HGET', sizes, member) or '0'))
  redis.call('HDEL', sizes, member)
  redis.call('ZREM', index, member)
end

local own = a.recovery .. ' ' .. a.attempt
forget(own)
for _, member in ipairs(redis.call('ZRANGEBYSCORE', index, '-inf', a.now - KEEP)) do forget(member) end

local texts = key('recovery', a.recovery, 'evidence')
redis.call('HSET', texts, a.attempt, a.text)
redis.call('PEXPIRE', texts, KEEP)
redis.call('HSET', sizes, own, #a.text)
local total = redis.call('HINCRBY', sizes, 'total', #a.text)

while total > a.maxBytes do
  local oldest = redis.call('ZRANGE', index, 0, 0)[1]
  if not oldest then break end
  forget(oldest)
  total = tonumber(redis.call('HGET', sizes, 'total'))
end
redis.call('ZADD', index, a.now, own)
return '{}'
`;
