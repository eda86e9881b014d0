-- Reads a page of entries and removes those that have expired.
-- KEYS: the index. ARGV: clock, the ID after which to begin ('' for the start), the
-- number of entries, the last epoch to return ('' for all).
-- Returns the number of entries read, the ID of the last one, and the IDs found.

local now = clock(ARGV[1])
local from = '-'
if ARGV[2] ~= '' then
  from = '(' .. ARGV[2] .. HIGH
end
local members = redis.call('ZRANGEBYLEX', KEYS[1], from, '+', 'LIMIT', 0, ARGV[3])
local ids, last = {}, ''
for _, member in ipairs(members) do
  last = string.sub(member, 1, ID)
  if #member == ENTRY then
    local till, since = struct.unpack('>I8I4', member, ID + 1)
    if till <= now then
      redis.call('ZREM', KEYS[1], member)
    elseif ARGV[4] == '' or since <= tonumber(ARGV[4]) then
      ids[#ids + 1] = last
    end
  end
end
return { #members, last, table.concat(ids) }
