-- Deletes a session that carries a term and did so when the call of Revoke began.
-- KEYS: the session; the index of the term, if the same server keeps it.
-- ARGV: clock, the call that revokes (REV bytes), the term, the epoch that ended when
-- the call began, ID.
-- Returns DELETED if this call has deleted the session, now or when it was sent before,
-- and DONE otherwise.

local now = clock(ARGV[1])
local found = look(KEYS[1], now)
if found.state == GONE then
  confirm(KEYS[1])
  return found.by == ARGV[2] and DELETED or DONE
elseif found.state ~= LIVE or not carries(carried(KEYS[1], found), ARGV[3]) then
  return DONE
end
if KEYS[2] then
  for _, entry in ipairs(entries_of(KEYS[2], ARGV[5])) do
    if entry.since > tonumber(ARGV[4]) then
      return DONE
    end
  end
end
bury(KEYS[1], now, now + TOMBSTONE_LIFE, ARGV[2])
return DELETED
