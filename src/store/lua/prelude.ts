/**
 * Stands before every script. ARGV[1] is the key prefix, ARGV[2] one JSON object `a`. Plans, targets and states go
 * through as strings: cjson would round their numbers and turn `[]` into `{}`.
 */
export const prelude = `
local P = ARGV[1]
local a = cjson.decode(ARGV[2])
local KEEP = 2592000000
local function key(...) return P .. table.concat({...}, ':') end
local function get(k, field) return redis.call('HGET', k, field) or nil end

-- Remembers which episode a fingerprint belongs to.
local function bind(fingerprint, episode)
  redis.call('HSET', key('fp', fingerprint), 'episode', episode)
  redis.call('PEXPIRE', key('fp', fingerprint), KEEP)
end

-- The target is in trouble: a stretch of health ends, and is remembered by how long it was.
local function ill(target, episode, now)
  local on = key('on', target)
  if redis.call('SCARD', on) == 0 then
    local since = redis.call('GET', key('calm', target))
    if since then
      local quiet = key('quiet', target)
      redis.call('ZADD', quiet, now, now .. ' ' .. (now - tonumber(since)))
      redis.call('ZREMRANGEBYRANK', quiet, 0, -101)
      redis.call('PEXPIRE', quiet, KEEP)
      redis.call('DEL', key('calm', target))
    end
  end
  redis.call('SADD', on, episode)
end

local function calm(target, episode, now)
  local on = key('on', target)
  if redis.call('SREM', on, episode) == 1 and redis.call('SCARD', on) == 0 then
    redis.call('SET', key('calm', target), now, 'PX', KEEP)
  end
end

local function close(episode, now)
  local e = key('episode', episode)
  local target = get(e, 'target')
  if target then calm(target, episode, now) end
  redis.call('HSET', e, 'closedAt', now)
  redis.call('DEL', key('ek', get(e, 'key')))
  redis.call('SREM', key('episodes'), episode)
  for _, k in ipairs({e, key('episode', episode, 'members'), key('decision', episode)}) do
    redis.call('PEXPIRE', k, KEEP)
  end
end

-- Is an existing decision to be made anew? Also when the alert began after the recovery it led to had ended: the
-- trouble is on again, and its resolve never came to us.
local function due(episode, config, now)
  local d = key('decision', episode)
  if redis.call('EXISTS', d) == 0 then return true end
  if get(d, 'config') ~= config then return true end
  local recovery = get(key('episode', episode), 'recovery')
  local endedAt = recovery and get(key('recovery', recovery), 'endedAt')
  if endedAt and a.startsAt > tonumber(endedAt) then return true end
  local at = get(d, 'retryAt')
  return at ~= nil and tonumber(at) <= now
end

local function seen(episode, fingerprint, startsAt, now)
  redis.call('HSET', key('episode', episode, 'members'), fingerprint, startsAt .. ' ' .. now .. ' 0')
end

local function count(episode)
  if a.counted then redis.call('HINCRBY', key('episode', episode), 'count', 1) end
end

-- A new episode; the caller adds its members.
local function open(episode, ek, alertname, targetKey, now)
  redis.call('HSET', key('episode', episode), 'id', episode, 'key', ek, 'alertname', alertname, 'openedAt', now, 'count', 0,
    'source', a.source)
  if targetKey then
    redis.call('HSET', key('episode', episode), 'target', targetKey)
    ill(targetKey, episode, now)
  end
  redis.call('SET', key('ek', ek), episode)
  redis.call('SADD', key('episodes'), episode)
end

-- Refuses the writes of a run that was replaced.
local function fenced(recovery, attempt, run)
  local r = redis.call('HMGET', key('recovery', recovery), 'state', 'attempt', 'run')
  return r[1] == 'open' and tonumber(r[2]) == attempt and r[3] == run
end

-- A new attempt knows nothing of the one before it.
local function anew(recovery, now)
  redis.call('HDEL', key('recovery', recovery), 'run', 'endedAt', 'result', 'outcome', 'endedMade', 'question', 'approval',
    'approvedBy', 'approvedAt', 'cancelledBy', 'cancelledBecause')
  redis.call('HSET', key('recovery', recovery), 'attemptAt', now)
  redis.call('ZADD', key('recoveries'), now, recovery)
end

local function decision(episode, fields)
  local d = key('decision', episode)
  redis.call('HDEL', d, 'retryAt', 'recovery', 'playbook', 'target')
  local flat = {'episode', episode, 'alertname', get(key('episode', episode), 'alertname')}
  for k, v in pairs(fields) do
    table.insert(flat, k)
    table.insert(flat, v)
  end
  redis.call('HSET', d, unpack(flat))
  redis.call('ZADD', key('decisions'), fields.at, episode)
end
`;
