-- Updates a record.
-- KEYS: the session; the index of each term, if the same server keeps them.
-- ARGV: clock, idle, life or 0, old revision, for how long the index is known to list
-- the session ('' if this script writes the index), ID, body.
-- Returns DONE, NONE, GONE or CONFLICT. A negative number means that nothing was
-- written: the index must list the session for that many milliseconds first.

local now = clock(ARGV[1])
local found = look(KEYS[1], now)
if found.state ~= LIVE then
  return found.state
elseif found.rev == rev_of(ARGV[7]) then
  confirm(KEYS[1])
  return DONE
elseif found.rev ~= ARGV[4] then
  return CONFLICT
end

local life = found.life
if ARGV[3] ~= '0' then
  life = now + ARGV[3]
end
local had, terms = carried(KEYS[1], found), terms_of(ARGV[7])
local own = ARGV[5] == ''
for i = 1, #terms, TERM do
  local term = string.sub(terms, i, i + TERM - 1)
  local new = not carries(had, term)
  if new or life > found.life then
    if own then
      enter(KEYS[2 + (i - 1) / TERM], ARGV[6], now, life, new)
    elseif life - now > tonumber(ARGV[5]) then
      return now - life
    end
  end
end
write(KEYS[1], now, ARGV[2], life, ARGV[7])
return DONE
