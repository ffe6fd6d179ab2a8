/** A page that is over, and was told so, goes; unless a later attempt has put another one in its place. */
export const forgetPage = `
local page = redis.call('HGET', key('pages'), a.recovery)
if page and cjson.decode(page).startsAt == a.startsAt then redis.call('HDEL', key('pages'), a.recovery) end
return '{}'
`;

export const endPage = `
local page = redis.call('HGET', key('pages'), a.recovery)
if not page then return cjson.encode({ended = false}) end
local whole = cjson.decode(page)
if whole.over then return cjson.encode({ended = false}) end
whole.over = a.over
-- cjson makes an object of an empty list.
if #whole.episodes == 0 then whole.episodes = nil end
redis.call('HSET', key('pages'), a.recovery, cjson.encode(whole))
return cjson.encode({ended = true})
`;
