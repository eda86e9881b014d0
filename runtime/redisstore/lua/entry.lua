-- The index of a term is a sorted set of the sessions that may carry it. All members
-- have score 0 and are therefore ordered by their bytes, which begin with the ID:
--
--   an entry   ID (ID bytes), deadline (8 bytes), epoch (4 bytes)
--   the epoch  ID times 0xff, epoch (4 bytes)
--
-- The epoch counts calls of Revoke. An entry holds the epoch in which the session took
-- up the term, so that Revoke can tell which sessions carried it when the call began.

local ENTRY, EPOCH = ID + 12, ID + 4
local LAST = string.rep('\255', ID)
local HIGH = string.rep('\255', ENTRY - ID)   -- sorts after every entry of an ID
local TRIM = 8

-- epoch_of returns the current epoch and the member that holds it.
local function epoch_of(index)
  for _, member in ipairs(redis.call('ZRANGEBYLEX', index, '[' .. LAST, '+')) do
    if #member == EPOCH then
      return struct.unpack('>I4', member, ID + 1), member
    end
  end
  return 0
end

-- entries_of returns the entries of an ID: one or none.
local function entries_of(index, id)
  local found = {}
  for _, member in ipairs(redis.call('ZRANGEBYLEX', index, '[' .. id, '[' .. id .. HIGH)) do
    if #member == ENTRY then
      local till, since = struct.unpack('>I8I4', member, ID + 1)
      found[#found + 1] = { member = member, till = till, since = since }
    end
  end
  return found
end

-- enter makes an index list a session until the deadline. A session that is known to
-- take up the term now does so in the current epoch.
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
  if redis.call('PTTL', index) < deadline - now + SPARE then
    redis.call('PEXPIRE', index, deadline - now + SPARE)
  end
  -- IDs are random, so the neighbours are a sample of all entries. Removing those of
  -- them that have expired keeps the share of expired entries at about one in eight.
  for _, member in ipairs(redis.call('ZRANGEBYLEX', index, '(' .. id .. HIGH, '+', 'LIMIT', 0, TRIM)) do
    if #member == ENTRY and struct.unpack('>I8', member, ID + 1) <= now then
      redis.call('ZREM', index, member)
    end
  end
end
