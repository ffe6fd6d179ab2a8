/** Where the one run is named that may go on: a drill changes nothing that a backup reads. */
const slot = `
local function slot(work, source) return work == 'drill' and 'drill ' .. source or source end
`;

/** Schedules that come once a year are not forgotten between two of their times. */
const turns = `
local TURN = 34560000000
-- Without a turn there is none to be taken. Texts, for the numbers are too large for Lua to write as they are.
local function isOurs(turn) return not turn or (redis.call('GET', key('backup:turn', turn.of)) or '') == turn.was end
local function take(turn)
  if turn then redis.call('SET', key('backup:turn', turn.of), turn.till, 'PX', TURN) end
end
`;

/** Nobody has taken it since it was looked at. */
export const takeBackupTurn = `${turns}
-- The answer to a call may be lost, and the call is sent again.
local ours = isOurs(a.turn) or redis.call('GET', key('backup:turn', a.turn.of)) == a.turn.till
if ours then take(a.turn) end
return cjson.encode({written = ours})
`;

/** In the place of the version that was read. `a.care`: a text. */
export const writeBackupCare = `${turns}
local k = key('backup:care', a.repository)
local before = redis.call('HGET', k, a.work)
if before == a.care then return cjson.encode({written = true}) end
local version = before and cjson.decode(before).version or 0
if version + 1 ~= a.version or not isOurs(a.turn) then return cjson.encode({written = false}) end
redis.call('HSET', k, a.work, a.care)
take(a.turn)
return cjson.encode({written = true})
`;

/** Makes the record of a run, unless one of its source goes on. `a.fields`: names and values, all of them texts. */
export const openBackup = `${slot}${turns}
local k = key('backup:run', a.id)
-- The answer to a call may be lost, and the call is sent again.
if redis.call('EXISTS', k) == 1 then return cjson.encode({opened = true}) end
local before = redis.call('HGET', key('backup:open'), slot(a.work, a.source))
local state = before and get(key('backup:run', before), 'state')
if state and state ~= 'ended' then return cjson.encode({running = before}) end
if not isOurs(a.turn) then return cjson.encode({late = true}) end
take(a.turn)

redis.call('HSET', k, unpack(a.fields))
redis.call('HSET', key('backup:open'), slot(a.work, a.source), a.id)
local runs = key('backup:runs', a.source)
redis.call('ZADD', runs, a.openedAt, a.id)
redis.call('PERSIST', runs)
redis.call('SADD', key('backup:sources'), a.source)

-- The records that Redis itself forgot, the sources of which there is nothing left, and what is too many.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', runs, '-inf', a.openedAt - KEEP)) do
  if redis.call('EXISTS', key('backup:run', id)) == 0 then redis.call('ZREM', runs, id) end
end
for _, source in ipairs(redis.call('SMEMBERS', key('backup:sources'))) do
  if redis.call('EXISTS', key('backup:runs', source)) == 0 then redis.call('SREM', key('backup:sources'), source) end
end
local over = redis.call('ZCARD', runs) - a.most
for _, id in ipairs(over > 0 and redis.call('ZRANGE', runs, 0, over - 1) or {}) do
  local old = key('backup:run', id)
  if (get(old, 'state') or 'ended') == 'ended' then
    redis.call('DEL', old)
    redis.call('ZREM', runs, id)
  end
end
return cjson.encode({opened = true})
`;

/** Of a run that has not ended; its end lets the next one of its source begin. */
export const updateBackup = `${slot}
local k = key('backup:run', a.id)
local r = redis.call('HMGET', k, 'state', 'source', 'work')
if not r[1] then return cjson.encode({written = false}) end
local runner = get(k, 'runner')
if a.by and runner and runner ~= a.by then return cjson.encode({written = false}) end
if a.untouched and get(k, 'writingAt') then return cjson.encode({written = false}) end
if r[1] == 'ended' then
  -- The answer to a call may be lost, and the call is sent again: that very end is no other one.
  local same = a.ends
  for i = 1, #a.fields, 2 do same = same and get(k, a.fields[i]) == a.fields[i + 1] end
  return cjson.encode({written = same})
end
if #a.fields > 0 then redis.call('HSET', k, unpack(a.fields)) end
if a.ends then
  redis.call('PEXPIRE', k, KEEP)
  local source = r[2] or ''
  -- All that are older have ended before.
  redis.call('PEXPIRE', key('backup:runs', source), KEEP)
  -- How it stands with a source is known for longer than its records are.
  local standing = key('backup:standing', source)
  local e = redis.call('HMGET', k, 'repository', 'result', 'reason', 'endedAt', 'point', 'stages', 'wish')
  local ended = {id = a.id, result = e[2] or nil, reason = e[3] or nil, endedAt = e[4] or nil, stages = e[6] or nil}
  -- A drill of a point that somebody has named says nothing about the newest one.
  local isDrill = r[3] == 'drill'
  local counts = not (isDrill and e[7] and cjson.decode(e[7]).snapshot)
  if counts then redis.call('HSET', standing, r[3] or 'backup', cjson.encode(ended)) end
  if e[5] then redis.call('HSET', standing, 'point ' .. (e[1] or ''), e[5]) end
  if counts and isDrill and e[2] == 'verified' then redis.call('HSET', standing, 'drilled', cjson.encode(ended)) end
  local open = slot(r[3], source)
  if redis.call('HGET', key('backup:open'), open) == a.id then redis.call('HDEL', key('backup:open'), open) end
end
return cjson.encode({written = true})
`;

/** `a.gone`: the snapshot of the one that is remembered; `a.point`: a text; absent: there is none. */
export const replaceBackupPoint = `
local k = key('backup:standing', a.source)
local field = 'point ' .. a.repository
local before = redis.call('HGET', k, field)
if not before or cjson.decode(before).snapshot ~= a.gone then return cjson.encode({written = false}) end
if a.point then redis.call('HSET', k, field, a.point) else redis.call('HDEL', k, field) end
return cjson.encode({written = true})
`;

/** By the clock of Redis: those who ask have clocks of their own. Nobody is in his own way. */
const lanes = `
local shared = key('backup:lane', a.repository, 'shared')
local exclusive = key('backup:lane', a.repository, 'exclusive')
local waiting = key('backup:lane', a.repository, 'waiting')
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- Those in it whose time is not over, without the one who asks.
local function others(zset)
  redis.call('ZREMRANGEBYSCORE', zset, '-inf', now)
  local found = {}
  for _, holder in ipairs(redis.call('ZRANGE', zset, 0, -1)) do
    if holder ~= a.holder then table.insert(found, holder) end
  end
  return found
end

-- The whole of it goes with the last one in it.
local function stay(zset, ms)
  redis.call('ZADD', zset, now + ms, a.holder)
  redis.call('PEXPIREAT', zset, redis.call('ZRANGE', zset, -1, -1, 'WITHSCORES')[2])
end
`;

/** `a.waitMs`: for how long who waits for the exclusive lane keeps further ones out of the shared one. */
export const takeBackupLane = `${lanes}
local alone = redis.call('GET', exclusive)
if alone and alone ~= a.holder then
  if a.lane == 'exclusive' then stay(waiting, a.waitMs) end
  return cjson.encode({heldBy = {alone}})
end
local beside = others(shared)
local ahead = others(waiting)
if a.lane == 'exclusive' then
  if #beside > 0 then
    stay(waiting, a.waitMs)
    return cjson.encode({heldBy = beside})
  end
  redis.call('ZREM', waiting, a.holder)
  redis.call('SET', exclusive, a.holder, 'PX', a.forMs)
  return cjson.encode({taken = true})
end
-- Who is in it already goes on: what waits would wait for ever for one that can not end.
if #ahead > 0 and not redis.call('ZSCORE', shared, a.holder) then return cjson.encode({heldBy = ahead}) end
stay(shared, a.forMs)
return cjson.encode({taken = true})
`;

/** Also ends the waiting for it. */
export const leaveBackupLane = `${lanes}
if a.lane == 'shared' then
  redis.call('ZREM', shared, a.holder)
else
  redis.call('ZREM', waiting, a.holder)
  if redis.call('GET', exclusive) == a.holder then redis.call('DEL', exclusive) end
end
return '{}'
`;
