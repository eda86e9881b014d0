-- KEYS: the session. ARGV: clock.
-- Returns the time and what the key holds.

return { clock(ARGV[1]), redis.call('GET', KEYS[1]) }
