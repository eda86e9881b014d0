-- GETEX changes nothing here, but counts as a write: a server that was a primary and
-- has become a replica refuses it, and does not let in who was logged out elsewhere.
-- KEYS: the session. ARGV: clock.
-- Returns the time and what the key holds.

return { clock(ARGV[1]), redis.call('GETEX', KEYS[1]) }
