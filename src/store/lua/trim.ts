/**
 * What decisions take, and the oldest out when it is too much. Of each it is counted what it takes with its episode and
 * its share of its recovery: when it is new, and again for an hour, in which the recovery grows. Those whose episode or
 * recovery is open stay whatever they take, and a recovery stays that a human still has to acknowledge.
 */
export const trimDecisions = `
local index, sizes, total = key('decisions'), key('decisions:bytes'), key('decisions:total')
local MOST, HOUR = 2000, 3600000

local function bytes(...)
  local sum = 0
  for _, k in ipairs({...}) do
    -- Where we may not ask for it, nothing is known to take anything.
    local size = redis.pcall('MEMORY', 'USAGE', k)
    if type(size) == 'number' then sum = sum + size end
  end
  return sum
end

local function measure(id)
  local size = bytes(key('decision', id), key('episode', id), key('episode', id, 'members'))
  local recovery = get(key('decision', id), 'recovery')
  local episodes = recovery and key('recovery', recovery, 'episodes')
  if recovery and redis.call('SISMEMBER', episodes, id) == 1 then
    local whole = bytes(key('recovery', recovery), key('recovery', recovery, 'journal'), episodes)
    size = size + math.floor(whole / redis.call('SCARD', episodes))
  end
  local before = tonumber(redis.call('ZSCORE', sizes, id) or '0')
  redis.call('ZADD', sizes, size, id)
  redis.call('INCRBY', total, size - before)
end

local function forget(id)
  redis.call('DECRBY', total, tonumber(redis.call('ZSCORE', sizes, id) or '0'))
  redis.call('ZREM', sizes, id)
  redis.call('ZREM', index, id)
end

-- Their episodes have been closed for 30 days.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', index, '-inf', a.now - KEEP, 'LIMIT', 0, MOST)) do
  if redis.call('EXISTS', key('decision', id)) == 0 then forget(id) end
end

local since = redis.call('GET', key('decisions:measured')) or '-inf'
local fresh = redis.call('ZRANGEBYSCORE', index, since, '+inf', 'LIMIT', 0, MOST)
for _, id in ipairs(fresh) do measure(id) end
if #fresh > 0 then redis.call('SET', key('decisions:measured'), redis.call('ZSCORE', index, fresh[#fresh])) end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', index, a.now - HOUR, '+inf', 'LIMIT', 0, MOST)) do measure(id) end

local used = tonumber(redis.call('GET', total) or '0')
if used <= a.maxBytes then return '{}' end

local wanted = {}
local storm = redis.call('GET', key('storm'))
if storm then wanted[string.match(cjson.decode(storm).by, '^[^#]+') or ''] = true end
for _, scope in ipairs(redis.call('SMEMBERS', key('latches'))) do
  wanted[string.match(get(key('latched', scope), 'by') or '', '^[^#]+') or ''] = true
end

local function dropRecovery(id)
  if get(key('recovery', id), 'state') ~= 'ended' or wanted[id] or redis.call('HEXISTS', key('pages'), id) == 1 then return end
  for _, episode in ipairs(redis.call('SMEMBERS', key('recovery', id, 'episodes'))) do
    if redis.call('EXISTS', key('decision', episode)) == 1 then return end
  end
  redis.call('DEL', key('recovery', id), key('recovery', id, 'journal'), key('recovery', id, 'episodes'))
  redis.call('ZREM', key('recoveries'), id)
end

for _, id in ipairs(redis.call('ZRANGE', index, 0, MOST - 1)) do
  if tonumber(redis.call('GET', total)) <= a.maxBytes then break end
  local recovery = get(key('decision', id), 'recovery')
  local open = redis.call('SISMEMBER', key('episodes'), id) == 1
    or (recovery and redis.call('SISMEMBER', key('recoveries:open'), recovery) == 1)
  if not open then
    redis.call('DEL', key('decision', id), key('episode', id), key('episode', id, 'members'))
    forget(id)
    if recovery then dropRecovery(recovery) end
  end
end
return '{}'
`;
