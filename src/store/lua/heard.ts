/** A firing alert came in: have we heard of it? */
export const heard = `
local fp = key('fp', a.fingerprint)
local episode = get(fp, 'episode')
if not episode or redis.call('EXISTS', key('episode', episode)) == 0 then return cjson.encode({news = 'new'}) end
local resolvedAt = tonumber(get(fp, 'resolvedAt') or '0')
local heardAt = tonumber(get(fp, 'heardAt') or '0')
-- Alertmanager also resolves what it has not heard of for a while; what then goes on firing has the startsAt it had.
if not a.reread and a.startsAt <= resolvedAt and a.now - heardAt < a.lateMs then
  count(episode)
  return cjson.encode({news = 'late', episode = episode})
end
local open = not get(key('episode', episode), 'closedAt')
if open and redis.call('HEXISTS', key('episode', episode, 'members'), a.fingerprint) == 1 then
  seen(episode, a.fingerprint, a.startsAt, a.now)
  redis.call('PEXPIRE', fp, KEEP)
  count(episode)
  return cjson.encode({news = 'repeat', episode = episode, due = due(episode, a.config, a.now)})
end
return cjson.encode({news = 'new'})
`;
