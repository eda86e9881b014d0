-- Deletes a session if it carries a term, and did when the call of Revoke began.
-- KEYS: the session; the index of the term, where the same server keeps it
-- ARGV: clock, who revokes (8 bytes), the term, the epoch that ended then, ID
-- Returns whether the caller has deleted it, now or when its call was sent before.

local now = clock(ARGV[1])
local found = look(KEYS[1], now)
if found.state == GONE then
  confirm(KEYS[1])
  return found.by == ARGV[2] and 1 or 0
elseif found.state ~= LIVE or not carries(carried(KEYS[1], found), ARGV[3]) then
  return 0
end
if KEYS[2] then
  for _, entry in ipairs(entries_of(KEYS[2], ARGV[5])) do
    if entry.since > tonumber(ARGV[4]) then
      return 0
    end
  end
end
bury(KEYS[1], now, now + GRAVE, ARGV[2])
return 1
