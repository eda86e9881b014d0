-- Loads a session. GETEX changes nothing here, but counts as a write. A primary that has
-- become a replica therefore refuses it, and lets in no session that was ended elsewhere.
-- KEYS: the session. ARGV: clock.
-- Returns the time and the value of the key.

return { clock(ARGV[1]), redis.call('GETEX', KEYS[1]) }
