-- Deletes those of several sessions whose data begins with a prefix.
-- KEYS: the sessions. ARGV: clock, the call that revokes (REV bytes), the prefix.
-- Returns how many of them this call has deleted, now or when it was sent before.

local now, count = clock(ARGV[1]), 0
for _, key in ipairs(KEYS) do
  local found = look(key, now)
  if found.state == GONE and found.by == ARGV[2] then
    confirm(key)
    count = count + 1
  elseif found.state == LIVE then
    local data = HEAD + TERM * found.terms
    if redis.call('GETRANGE', key, data, data + #ARGV[3] - 1) == ARGV[3] then
      bury(key, now, now + TOMBSTONE_LIFE, ARGV[2])
      count = count + 1
    end
  end
end
return count
