-- For the index of a term that another server keeps than the session.
-- KEYS: the index. ARGV: clock, for how long, ID.

local now = clock(ARGV[1])
enter(KEYS[1], ARGV[3], now, now + ARGV[2], false)
return 0
