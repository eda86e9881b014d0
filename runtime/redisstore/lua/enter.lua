-- Lists a session in an index that another server than the session's may keep.
-- KEYS: the index. ARGV: clock, for how long, ID.
-- Returns DONE.

local now = clock(ARGV[1])
enter(KEYS[1], ARGV[3], now, now + ARGV[2], false)
return DONE
