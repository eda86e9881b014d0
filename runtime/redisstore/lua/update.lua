-- KEYS: the session; the index of each term, where the same server keeps them
-- ARGV: clock, idle, life or 0, old revision, for how long the index is known to
--       list the session ('' where this script sees to that), ID, body
-- Returns 0, NONE, GONE, 4 where the revision is another one, or, below 0, for how
-- long the index has to list the session before this can be written.

local now = clock(ARGV[1])
local found = look(KEYS[1], now)
if found.state ~= LIVE then
  return found.state
elseif found.rev == rev_of(ARGV[7]) then
  confirm(KEYS[1])
  return 0
elseif found.rev ~= ARGV[4] then
  return 4
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
return 0
