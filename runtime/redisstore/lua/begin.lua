-- Begins a call of Revoke: a session that takes up the term from now on does so in the
-- next epoch.
-- KEYS: the index. Returns the epoch that has ended, -1 if no session carries the term.

if redis.call('EXISTS', KEYS[1]) == 0 then
  return -1
end
local epoch, member = epoch_of(KEYS[1])
redis.call('ZREM', KEYS[1], '') -- changes nothing, but lets the rest pass if memory is full
redis.call('ZADD', KEYS[1], 0, LAST .. struct.pack('>I4', epoch + 1))
if member then
  redis.call('ZREM', KEYS[1], member)
end
return epoch
