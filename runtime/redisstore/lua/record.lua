-- What a session's key holds. Every script begins with the constants in call.go
-- (sizes in bytes, answers of scripts, TOMBSTONE_LIFE in milliseconds) and this file.
--
--   a record     'S', idle deadline, absolute deadline, revision (REV bytes),
--                number of terms (2 bytes), the terms (TERM bytes each), the data
--   a tombstone  'T', the moment at which it is forgotten, the call that left it (REV bytes)
--
-- Moments are milliseconds since 1970 in 8 bytes. Integers are big-endian.

local LIVE = 9 -- the state of a record; NONE and GONE are the others

-- SPARE is how much longer than its content lives Redis keeps a key, in milliseconds. Where a
-- test gives the time, the server's clock decides nothing, so it must not remove a key first.
local SPARE = 0

-- clock returns the server's time, unless a test gives another one.
local function clock(given)
  if given ~= '' then
    SPARE = 3600000
    return tonumber(given)
  end
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- look returns what the key holds, without the data. An expired value counts as none:
-- Redis removes it, but never before its time.
local function look(key, now)
  local head = redis.call('GETRANGE', key, 0, HEAD - 1)
  if head == '' then
    return { state = NONE }
  end
  local kind = string.sub(head, 1, 1)
  if kind == 'T' and #head == TOMBSTONE then
    local till = struct.unpack('>I8', head, 2)
    if till <= now then
      return { state = NONE }
    end
    return { state = GONE, till = till, by = string.sub(head, 10, 9 + REV) }
  end
  if kind ~= 'S' or #head < HEAD then
    error("a session's key holds another program's value")
  end
  local idle, life = struct.unpack('>I8I8', head, 2)
  if idle <= now then
    return { state = NONE }
  end
  return { state = LIVE, idle = idle, life = life, rev = string.sub(head, 18, 17 + REV), terms = struct.unpack('>I2', head, 18 + REV) }
end

-- carried returns a record's terms, one after the other.
local function carried(key, record)
  if record.terms == 0 then
    return ''
  end
  return redis.call('GETRANGE', key, HEAD, HEAD + TERM * record.terms - 1)
end

-- carries reports whether a list of terms contains one.
local function carries(terms, term)
  for i = 1, #terms, TERM do
    if string.sub(terms, i, i + TERM - 1) == term then
      return true
    end
  end
  return false
end

-- A body is what a writer sends: revision, number of terms, terms, data.
local function rev_of(body)
  return string.sub(body, 1, REV)
end

local function terms_of(body)
  return string.sub(body, REV + 3, REV + 2 + TERM * struct.unpack('>I2', body, REV + 1))
end

-- tell notifies the watchers of a session. Nothing depends on its success, because
-- watchers also poll. Shard channels, which Redis has since version 7, belong to the
-- server that keeps the key.
local function tell(key)
  if not redis.REDIS_VERSION_NUM then
    return
  end
  local watching = redis.pcall('PUBSUB', 'SHARDNUMSUB', key)
  if (watching[2] or 0) > 0 then
    redis.pcall('SPUBLISH', key, '')
  end
end

local function write(key, now, idle, life, body)
  idle = math.min(now + idle, life)
  redis.call('SET', key, 'S' .. struct.pack('>I8I8', idle, life) .. body, 'PX', idle - now + SPARE)
  tell(key)
end

-- bury replaces a value by a tombstone, also on a server whose memory is full: after a
-- write that needs no memory, Redis accepts the rest of a script.
local function bury(key, now, till, by)
  redis.call('DEL', key)
  redis.call('SET', key, 'T' .. struct.pack('>I8', till) .. by, 'PX', till - now + SPARE)
  tell(key)
end

-- confirm is a write that changes nothing. A caller that then waits for replicas also
-- waits for earlier writes.
local function confirm(key)
  redis.call('PEXPIRE', key, redis.call('PTTL', key))
end
