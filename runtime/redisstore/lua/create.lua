-- Creates a record.
-- KEYS: the session; the index of each term, if the same server keeps them.
-- ARGV: clock, idle, life, ID, body.
-- Returns DONE, GONE or EXISTS.

local now = clock(ARGV[1])
local found = look(KEYS[1], now)
if found.state == GONE then
  return GONE
elseif found.state == LIVE then
  if found.rev ~= rev_of(ARGV[5]) then
    return EXISTS
  end
  confirm(KEYS[1])
  return DONE
end
local life = now + ARGV[3]
for i = 2, #KEYS do
  enter(KEYS[i], ARGV[4], now, life, true)
end
write(KEYS[1], now, ARGV[2], life, ARGV[5])
return DONE
