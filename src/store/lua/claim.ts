/**
 * Counts every limit; with `take`, and room in all of them, counts the act in. `acts` are kept by time, `running` until
 * their recovery ends.
 */
export const claim = `
if not fenced(a.recovery, a.attempt, a.run) then return cjson.encode({replaced = true}) end
local me = a.recovery .. '#' .. a.attempt
local counts, room = {}, true

-- The moment before which every act is forgotten: the end of the newest stretch without trouble as long as the window,
-- or an acknowledgement.
local function forgotten(l)
  if not l.quiet then return a.now - l.windowMs end
  local from = tonumber(redis.call('GET', key('acked', l.scope)) or '0')
  for _, stretch in ipairs(redis.call('ZREVRANGE', key('quiet', l.quiet), 0, -1)) do
    local ended, lasted = string.match(stretch, '^(%S+) (%S+)')
    if tonumber(lasted) >= l.windowMs then return math.max(from, tonumber(ended)) end
  end
  return from
end

for i, l in ipairs(a.limits) do
  local c, by, oldest = {used = 0}, {}, nil
  if l.windowMs then
    local acts = redis.call('ZREVRANGEBYSCORE', key('acts', l.scope), '+inf', '(' .. forgotten(l), 'WITHSCORES')
    for n = 1, #acts, 2 do
      if acts[n] ~= a.act then
        c.used = c.used + 1
        if #by < 10 then table.insert(by, acts[n]) end
        -- The one that has to be forgotten for there to be room again.
        if c.used == l.max and not l.quiet then c.freeAt = tonumber(acts[n + 1]) + l.windowMs end
      end
    end
  else
    for _, recovery in ipairs(redis.call('SMEMBERS', key('running', l.scope))) do
      if recovery ~= a.recovery then
        c.used = c.used + 1
        if #by < 10 then table.insert(by, recovery) end
      end
    end
  end
  c.by = table.concat(by, ' ')
  if l.latched then
    local latched = key('latched', l.scope)
    if c.used >= l.max and a.latch and redis.call('EXISTS', latched) == 0 then
      redis.call('HSET', latched, 'at', a.now, 'by', me)
      redis.call('SADD', key('latches'), l.scope)
    end
    local was = redis.call('HMGET', latched, 'at', 'by')
    if was[1] then
      c.latchedAt = tonumber(was[1])
      -- The run that latched it may die before it tells: whoever goes on in its place is told the same.
      c.newly = was[2] == me
    end
  end
  room = room and c.used < l.max and not c.latchedAt
  counts[i] = c
end

if a.take and room then
  for _, l in ipairs(a.limits) do
    if l.windowMs then
      local acts = key('acts', l.scope)
      -- Asked again, long after it was counted in, it is done now and not then.
      redis.call('ZADD', acts, 'GT', a.now, a.act)
      redis.call('ZREMRANGEBYRANK', acts, 0, -1001)
      redis.call('PEXPIRE', acts, KEEP)
      redis.call('SADD', key('recovery', a.recovery, 'counted'), l.scope)
    else
      redis.call('SADD', key('running', l.scope), a.recovery)
      redis.call('SADD', key('recovery', a.recovery, 'running'), l.scope)
    end
  end
end
return cjson.encode({counts = counts})
`;

/** Their limits are free again, and what was done before is forgotten. */
export const acknowledge = `
local some = false
for _, scope in ipairs(a.scopes) do
  if redis.call('DEL', key('latched', scope)) == 1 then some = true end
  redis.call('SREM', key('latches'), scope)
  redis.call('SET', key('acked', scope), a.now, 'PX', KEEP)
end
return cjson.encode({some = some})
`;
