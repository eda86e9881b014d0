-- Deletes a session.
-- KEYS: the session. ARGV: clock, the call that deletes (REV bytes).
-- Returns DONE.

local now = clock(ARGV[1])
local till = now + TOMBSTONE_LIFE
local found = look(KEYS[1], now)
if found.state == GONE then
  till = math.max(till, found.till)
end
bury(KEYS[1], now, till, ARGV[2])
return DONE
