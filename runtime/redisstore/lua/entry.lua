-- The sessions that may carry a term are the members of one sorted set, all with
-- score 0, so that they are ordered by their bytes, which begin with the ID:
--
--   an entry   ID (16 bytes), deadline (8 bytes), epoch (4 bytes)
--   the epoch  16 times 0xff, epoch (4 bytes)
--
-- The epoch counts calls of Revoke. An entry has the one in which the session came
-- to carry the term, so that Revoke can tell who was there when it began.

local ENTRY, EPOCH = 28, 20
local LAST = string.rep('\255', 16)
local HIGH = string.rep('\255', ENTRY - 16)   -- behind every entry of an ID
local TRIM = 8

-- epoch_of returns the current epoch and the member that says so.
local function epoch_of(index)
  for _, member in ipairs(redis.call('ZRANGEBYLEX', index, '[' .. LAST, '+')) do
    if #member == EPOCH then
      return struct.unpack('>I4', member, 17), member
    end
  end
  return 0
end

-- entries_of returns those of an ID: one, or none.
local function entries_of(index, id)
  local found = {}
  for _, member in ipairs(redis.call('ZRANGEBYLEX', index, '[' .. id, '[' .. id .. HIGH)) do
    if #member == ENTRY then
      local till, since = struct.unpack('>I8I4', member, 17)
      found[#found + 1] = { member = member, till = till, since = since }
    end
  end
  return found
end

-- enter sees to it that a session is found by a term until the deadline. If the
-- session is known to have been without the term a moment ago, it came in this epoch.
local function enter(index, id, now, deadline, new)
  local epoch = epoch_of(index)
  local old = entries_of(index, id)
  for _, entry in ipairs(old) do
    if entry.till > now then
      deadline = math.max(deadline, entry.till)
      if not new then
        epoch = math.min(epoch, entry.since)
      end
    end
  end
  local member = id .. struct.pack('>I8I4', deadline, epoch)
  redis.call('ZADD', index, 0, member)
  for _, entry in ipairs(old) do
    if entry.member ~= member then
      redis.call('ZREM', index, entry.member)
    end
  end
  if redis.call('PTTL', index) < deadline - now then
    redis.call('PEXPIRE', index, deadline - now)
  end
  -- IDs are random, so the neighbours are a sample of all: what has expired among
  -- them goes, and of all entries no more than about one in eight is of that kind.
  for _, member in ipairs(redis.call('ZRANGEBYLEX', index, '(' .. id .. HIGH, '+', 'LIMIT', 0, TRIM)) do
    if #member == ENTRY and struct.unpack('>I8', member, 17) <= now then
      redis.call('ZREM', index, member)
    end
  end
end
