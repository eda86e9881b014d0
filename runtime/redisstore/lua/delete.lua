-- KEYS: the session. ARGV: clock, who deletes (8 bytes).
-- Returns 0.

local now = clock(ARGV[1])
local till = now + GRAVE
local found = look(KEYS[1], now)
if found.state == GONE then
  till = math.max(till, found.till)
end
bury(KEYS[1], now, till, ARGV[2])
return 0
