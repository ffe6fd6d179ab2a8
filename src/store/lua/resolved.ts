/** A resolved alert came in: its member leaves the episode, the last one closes it. */
export const resolved = `
local fp = key('fp', a.fingerprint)
local episode = get(fp, 'episode')
local closed = false
if not episode or redis.call('EXISTS', key('episode', episode)) == 0 then
  episode = a.newEpisode
  open(episode, a.alertname .. ' ' .. a.fingerprint, a.alertname, nil, a.now)
  decision(episode, {fingerprint = a.fingerprint, decision = 'none', mode = 'observe', at = a.now, config = a.config,
    reason = 'it was resolved when we first heard of it'})
  close(episode, a.now)
  closed = true
end
count(episode)
local member = redis.call('HGET', key('episode', episode, 'members'), a.fingerprint)
local startsAt = member and tonumber(string.match(member, '^%S+')) or 0
if startsAt <= a.endsAt then
  bind(a.fingerprint, episode)
  local before = tonumber(get(fp, 'resolvedAt') or '0')
  redis.call('HSET', fp, 'resolvedAt', math.max(before, a.endsAt), 'heardAt', a.now)
  if member then
    redis.call('HDEL', key('episode', episode, 'members'), a.fingerprint)
    if redis.call('HLEN', key('episode', episode, 'members')) == 0 then
      close(episode, a.now)
      closed = true
    end
  end
end
return cjson.encode({episode = episode, closed = closed})
`;
