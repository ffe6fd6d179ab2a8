/**
 * Only who watches the place writes about it: also after its lease ran out, while nobody else has taken it. A Redis that
 * was killed may have lost what it had said was written: then its watcher has to begin anew. Sizes are of the texts, with about what Redis needs around each.
 */
const fence = `
local function lease(place) return key('kg:lease', place) end
local function ours()
  local watch = redis.call('HMGET', key('kg:watch', a.place), 'holder', 'written')
  local holder = redis.call('GET', lease(a.place)) or watch[1]
  return holder == a.holder and tonumber(watch[2] or '0') >= a.written
end

local function measure(k, before)
  local bytes = 0
  local all = redis.call('HGETALL', k)
  for i = 1, #all, 2 do
    if all[i] ~= 'bytes' then bytes = bytes + #all[i] + #all[i + 1] + 90 end
  end
  if bytes > 0 then redis.call('HSET', k, 'bytes', bytes) end
  redis.call('INCRBY', key('kg:bytes'), bytes - before)
end
local function sizeOf(k) return tonumber(redis.call('HGET', k, 'bytes') or '0') end

local function forget(what, name)
  local k = key('kg:' .. what, name)
  redis.call('INCRBY', key('kg:bytes'), 0 - sizeOf(k))
  redis.call('DEL', k)
  redis.call('SREM', key('kg:' .. what .. 's'), name)
end
`;

/** `a.begins`: takes the watch when nobody has it; else goes on with what nobody took meanwhile. */
export const beatKnownGood = `${fence}
local holder = redis.call('GET', lease(a.place))
local free = not holder and a.begins
if not free and (a.begins or not ours()) then return cjson.encode({ours = false}) end
redis.call('SET', lease(a.place), a.holder, 'PX', a.leaseMs)
redis.call('HSET', key('kg:watch', a.place), 'holder', a.holder, 'at', a.at, 'ok', a.ok, 'reason', a.reason, 'written', a.written)
redis.call('SADD', key('kg:places'), a.place)
return cjson.encode({ours = true})
`;

/** The watch ends: whoever asks next may begin. */
export const leaveKnownGood = `${fence}
if redis.call('GET', lease(a.place)) == a.holder then redis.call('DEL', lease(a.place)) end
return '{}'
`;

/** Numbers in `a.writes` are places in ARGV: contents are binary. */
export const writeKnownGood = `${fence}
if not ours() then return cjson.encode({ours = false}) end

-- Of the fields that begin with a word only those are left that are named.
local function only(k, word, names)
  local named = {}
  for _, name in ipairs(names) do named[word .. name] = true end
  for _, field in ipairs(redis.call('HKEYS', k)) do
    if string.sub(field, 1, #word) == word and not named[field] then redis.call('HDEL', k, field) end
  end
end

local function goes(k, goneAt)
  if goneAt then redis.call('HSET', k, 'goneAt', goneAt) else redis.call('HDEL', k, 'goneAt') end
end

local write = {}
function write.forget(w) forget(w.what, w.key) end

function write.object(w)
  local k = key('kg:object', w.key)
  local before = sizeOf(k)
  only(k, 'c:', w.hashes)
  redis.call('HSET', k, 'versions', ARGV[w.versions])
  for _, content in ipairs(w.contents) do redis.call('HSET', k, 'c:' .. content.hash, ARGV[content.at]) end
  goes(k, w.goneAt)
  redis.call('SADD', key('kg:objects'), w.key)
  measure(k, before)
end

function write.target(w)
  local k = key('kg:target', w.key)
  local before = sizeOf(k)
  only(k, 'k:', w.ids)
  only(k, 'demoted:', w.ids)
  if w.graph then redis.call('HSET', k, 'graph', ARGV[w.graph]) end
  redis.call('HSET', k, 'stamps', ARGV[w.stamps])
  if w.neverWell then redis.call('HSET', k, 'neverWell', 1) else redis.call('HDEL', k, 'neverWell') end
  for _, good in ipairs(w.goods) do redis.call('HSET', k, 'k:' .. good.id, ARGV[good.at]) end
  for _, one in ipairs(w.demoted) do
    local at = tonumber(redis.call('HGET', k, 'demoted:' .. one.id) or '0')
    if one.at > at then redis.call('HSET', k, 'demoted:' .. one.id, one.at) end
  end
  local calm = w.calm
  local at = calm and redis.call('HGET', k, 'demoted:' .. calm.id)
  if at and calm['until'] - tonumber(at) > calm.blameMs then
    redis.call('HDEL', k, 'demoted:' .. calm.id)
  end
  goes(k, w.goneAt)
  redis.call('SADD', key('kg:targets'), w.key)
  measure(k, before)
end

for _, w in ipairs(a.writes) do write[w.write](w) end
redis.call('HSET', key('kg:watch', a.place), 'written', a.written + 1)
return cjson.encode({ours = true})
`;

/** A known-good failed. The watcher need not know: it never takes that back before its time. */
export const demoteKnownGood = `
local k = key('kg:target', a.target)
if redis.call('HEXISTS', k, 'k:' .. a.id) == 1 then redis.call('HSET', k, 'demoted:' .. a.id, a.at) end
return '{}'
`;

/** Forgets the places that nobody has watched for 30 days. */
export const trimKnownGood = `${fence}
for _, place in ipairs(redis.call('SMEMBERS', key('kg:places'))) do
  local at = tonumber(redis.call('HGET', key('kg:watch', place), 'at') or '0')
  if at < a.now - KEEP and redis.call('EXISTS', lease(place)) == 0 then
    local from = place .. '/'
    for _, what in ipairs({'object', 'target'}) do
      for _, name in ipairs(redis.call('SMEMBERS', key('kg:' .. what .. 's'))) do
        if string.sub(name, 1, #from) == from then forget(what, name) end
      end
    end
    redis.call('DEL', key('kg:watch', place))
    redis.call('SREM', key('kg:places'), place)
  end
end
return '{}'
`;
