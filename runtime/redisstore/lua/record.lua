-- What a session's key holds. Every script begins with this file.
--
--   a record     'S', idle deadline, absolute deadline, revision (8 bytes),
--                number of terms (2 bytes), the terms (32 bytes each), the data
--   a tombstone  'T', the moment at which it is forgotten, who left it (8 bytes)
--
-- Moments are milliseconds since 1970 in 8 bytes. Integers are big-endian.

local NONE, GONE, LIVE = 1, 2, 9
local HEAD = 27        -- bytes of a record before its terms
local TERM = 32        -- bytes of a term
local GRAVE = 120000   -- for how long a deleted session is remembered; 60 s are asked for

-- clock is the server's own unless a test has given another.
local function clock(given)
  if given ~= '' then
    return tonumber(given)
  end
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- look says what the key holds, without reading the data. What has expired counts
-- as nothing: Redis removes it by itself, but never before its time.
local function look(key, now)
  local head = redis.call('GETRANGE', key, 0, HEAD - 1)
  if head == '' then
    return { state = NONE }
  end
  local kind = string.sub(head, 1, 1)
  if kind == 'T' and #head == 17 then
    local till = struct.unpack('>I8', head, 2)
    if till <= now then
      return { state = NONE }
    end
    return { state = GONE, till = till, by = string.sub(head, 10, 17) }
  end
  if kind ~= 'S' or #head < HEAD then
    error('what is kept under the key is no session: give the store a prefix of its own')
  end
  local idle, life = struct.unpack('>I8I8', head, 2)
  if idle <= now then
    return { state = NONE }
  end
  return { state = LIVE, idle = idle, life = life, rev = string.sub(head, 18, 25), terms = struct.unpack('>I2', head, 26) }
end

-- carried returns a record's terms, one behind the other.
local function carried(key, record)
  if record.terms == 0 then
    return ''
  end
  return redis.call('GETRANGE', key, HEAD, HEAD + TERM * record.terms - 1)
end

local function carries(terms, term)
  for i = 1, #terms, TERM do
    if string.sub(terms, i, i + TERM - 1) == term then
      return true
    end
  end
  return false
end

-- A body is what a writer brings: revision, number of terms, terms, data.
local function rev_of(body)
  return string.sub(body, 1, 8)
end

local function terms_of(body)
  return string.sub(body, 11, 10 + TERM * struct.unpack('>I2', body, 9))
end

-- tell lets those know who watch the session. Nothing depends on its success: they also look
-- from time to time. Shard channels, which Redis has had since version 7, stay with the
-- servers that keep the key.
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
  redis.call('SET', key, 'S' .. struct.pack('>I8I8', idle, life) .. body, 'PX', idle - now)
  tell(key)
end

-- bury works on a server whose memory is full, too: one write that needs none, and
-- Redis lets the rest of a script pass.
local function bury(key, now, till, by)
  redis.call('DEL', key)
  redis.call('SET', key, 'T' .. struct.pack('>I8', till) .. by, 'PX', till - now)
  tell(key)
end

-- confirm changes nothing, as a write: whoever then waits for replicas waits for
-- what was written before, too.
local function confirm(key)
  redis.call('PEXPIRE', key, redis.call('PTTL', key))
end
