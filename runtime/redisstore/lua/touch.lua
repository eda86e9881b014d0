-- Extends the idle deadline of a session.
-- KEYS: the session. ARGV: clock, idle.
-- Returns DONE, NONE or GONE.

local now = clock(ARGV[1])
local found = look(KEYS[1], now)
if found.state ~= LIVE then
  return found.state
end
local idle = math.min(now + ARGV[2], found.life)
if idle > found.idle then
  redis.call('PEXPIRE', KEYS[1], idle - now + SPARE) -- first: allowed even if memory is full
  redis.call('SETRANGE', KEYS[1], 1, struct.pack('>I8', idle))
else
  confirm(KEYS[1])
end
return DONE
