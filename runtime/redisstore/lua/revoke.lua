-- Deletes a session if it carries a term by now.
-- KEYS: the session. ARGV: clock, who revokes (8 bytes), the term.
-- Returns whether the caller has deleted it, now or when its call was sent before.

local now = clock(ARGV[1])
local found = look(KEYS[1], now)
if found.state == GONE and found.by == ARGV[2] then
  confirm(KEYS[1])
  return 1
elseif found.state ~= LIVE or not carries(carried(KEYS[1], found), ARGV[3]) then
  return 0
end
bury(KEYS[1], now, now + GRAVE, ARGV[2])
return 1
