import { createHash } from 'node:crypto';

/**
 * Everything that runs inside Redis, in one program. A floor is the text `score member`.
 *
 * `write` gets its operations as one MessagePack list: for each run of one key the part that the names of its records
 * have in common, the kinds of its operations, then score and member of each. KEYS name the records only where Redis
 * Cluster must know them: parsing them costs Redis more than the list does. In `query` KEYS are triples (live set,
 * tombstone set, floor) and ARGV[1] is the command. A packed timeline is the MessagePack of false or the floor, and of
 * a list of members and scores, scores as Redis prints them.
 *
 * Member bytes are compared by hand because Lua's `<` on strings follows the locale of the server.
 */
const PROGRAM = String.raw`
-- Set by each call: Redis has none of them yet while it loads a library.
local call, find, sub, byte

-- By live set, how many operations may change its key before anybody must count what it holds: so that most writes
-- need not. Kept between calls of a function, and small, because other programs, and another Redis that was the
-- primary meanwhile, may write too: what they add goes unseen for as many operations, and is evicted then.
local spare, spare_names, spare_capacity = {}, 0, nil
local MAX_SPARE, MAX_SPARE_NAMES = 16, 20000

local function bytes_below(a, b)
  local n = math.min(#a, #b)
  for i = 1, n do
    local x, y = byte(a, i), byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

local function below(s1, m1, s2, m2)
  if s1 ~= s2 then return s1 < s2 end
  return m1 ~= m2 and bytes_below(m1, m2)
end

local function parse_floor(text)
  if not text then return nil end
  local at = find(text, ' ', 1, true)
  return tonumber(sub(text, 1, at - 1)), sub(text, at + 1), sub(text, 1, at - 1)
end

local function lowest(name)
  local found = call('ZRANGE', name, 0, 0, 'WITHSCORES')
  return found[1], tonumber(found[2] or 0), found[2]
end

-- The key that is being written. live is known while entries are dropped.
local live_name, dead_name, live, dead
local floor_score, floor_member, floor_text, floor_moved

local function raise(score, member, text)
  if floor_score and not below(floor_score, floor_member, score, member) then return false end
  floor_score, floor_member, floor_text, floor_moved = score, member, text, true
  return true
end

local function drop_lowest()
  if dead == 0 then
    live = live - 1
    local found = call('ZPOPMIN', live_name)
    return tonumber(found[2]), found[1], found[2]
  end
  local lm, ls, lt = lowest(live_name)
  local dm, ds, dt = lowest(dead_name)
  if lm and (not dm or below(ls, lm, ds, dm)) then
    call('ZREM', live_name, lm)
    live = live - 1
    return ls, lm, lt
  end
  call('ZREM', dead_name, dm)
  dead = dead - 1
  return ds, dm, dt
end

local function drop_below_floor()
  live = call('ZCARD', live_name)
  while live + dead > 0 do
    local lm, ls = lowest(live_name)
    local dm, ds = lowest(dead_name)
    local score, member = ds, dm
    if lm and (not dm or below(ls, lm, ds, dm)) then score, member = ls, lm end
    if below(floor_score, floor_member, score, member) then return end
    drop_lowest()
  end
end

-- The two that apply an operation return false when it changes nothing.
local function insert(score, text, member)
  if dead > 0 then
    local in_dead = call('ZSCORE', dead_name, member)
    if in_dead then
      if score <= tonumber(in_dead) then return false end
      call('ZREM', dead_name, member)
      dead = dead - 1
    end
  end
  return call('ZADD', live_name, 'GT', 'CH', text, member) > 0
end

local function delete(score, text, member)
  local in_dead = dead > 0 and call('ZSCORE', dead_name, member)
  if in_dead then
    if score <= tonumber(in_dead) then return false end
  else
    local in_live = call('ZSCORE', live_name, member)
    if in_live then
      if score < tonumber(in_live) then return false end
      call('ZREM', live_name, member)
    end
    dead = dead + 1
  end
  call('ZADD', dead_name, text, member)
  return true
end

local function set_spare(count)
  if not spare[live_name] then
    if spare_names == MAX_SPARE_NAMES then spare, spare_names = {}, 0 end
    spare_names = spare_names + 1
  end
  spare[live_name] = math.min(count, MAX_SPARE)
end

local function evict(capacity, member)
  local left = spare[live_name] or 0
  if left > 0 then
    spare[live_name] = left - 1
    return 'a'
  end
  live = call('ZCARD', live_name)
  local status = 'a'
  while live + dead > capacity do
    local s, m, t = drop_lowest()
    raise(s, m, t)
    if m == member then status = 'r' elseif status == 'a' then status = 'e' end
  end
  set_spare(capacity - live - dead)
  return status
end

local function apply(kind, text, member, capacity)
  local score = tonumber(text)
  if kind == 'f' then
    if not raise(score, member, string.format('%.17g', score)) then return 'n' end
    drop_below_floor()
    return 'a'
  end
  if floor_score and not below(floor_score, floor_member, score, member) then return 'r' end
  local changed
  if kind == 'i' then changed = insert(score, text, member) else changed = delete(score, text, member) end
  if not changed then return 'n' end
  return evict(capacity, member)
end

-- Whether any key of the runs has tombstones, and their floors: two calls for all of them, and mostly there are none.
local function load_floors(runs, list)
  local dead_names, floor_names = {}, {}
  for r = 1, #runs do
    local base = list[runs[r]]
    dead_names[r], floor_names[r] = base .. '-', base .. '!'
  end
  return call('EXISTS', unpack(dead_names)) > 0, call('MGET', unpack(floor_names))
end

local function write(_, argv)
  call, find, sub, byte = redis.call, string.find, string.sub, string.byte
  local capacity, list = tonumber(argv[2]), cmsgpack.unpack(argv[3])
  if capacity ~= spare_capacity then spare, spare_names, spare_capacity = {}, 0, capacity end
  local runs, at = {}, 1
  while list[at] do
    runs[#runs + 1], at = at, at + 2 + 2 * #list[at + 1]
  end
  local any_dead, floors = load_floors(runs, list)
  local out, n, moved = {}, 0, {}
  for r = 1, #runs do
    local at = runs[r]
    local base, kinds = list[at], list[at + 1]
    local count, floor = #kinds, moved[base] or floors[r]
    live_name = base .. '+'
    local left = spare[live_name] or 0
    if left >= count and not floor and not any_dead and not find(kinds, '[^i]') then
      for i = at + 2, at + 2 * count, 2 do
        n = n + 1
        if call('ZADD', live_name, 'GT', 'CH', list[i], list[i + 1]) == 0 then
          out[n] = 'n'
        else
          out[n], left = 'a', left - 1
        end
      end
      spare[live_name] = left
    else
      dead_name, floor_moved = base .. '-', false
      dead = any_dead and call('ZCARD', dead_name) or 0
      floor_score, floor_member, floor_text = parse_floor(floor)
      for i = 1, count do
        local kind = sub(kinds, i, i)
        if kind == 'd' then any_dead = true end
        n = n + 1
        out[n] = apply(kind, list[at + 2 * i], list[at + 2 * i + 1], capacity)
      end
      if floor_moved then
        moved[base] = floor_text .. ' ' .. floor_member
        call('SET', base .. '!', moved[base])
      end
    end
  end
  return table.concat(out)
end

-- MessagePack of the floor or false, then of members and scores in turn: one call for any number of entries.
local function pack(floor, found)
  return cmsgpack.pack(floor or false, found)
end

-- How many entries are newer than the position, counting one at the position too when inclusive is false.
local function rank_of(name, text, member, inclusive)
  local newer = call('ZCOUNT', name, '(' .. text, '+inf')
  local low, high = newer, newer + call('ZCOUNT', name, text, text)
  while low < high do
    local middle = math.floor((low + high) / 2)
    local found = call('ZREVRANGE', name, middle, middle)[1]
    if bytes_below(found, member) or (inclusive and found == member) then high = middle else low = middle + 1 end
  end
  return low
end

local function read(keys, argv)
  local out, a, k, floor_names = {}, 2, 1, {}
  for i = 3, #keys, 3 do floor_names[#floor_names + 1] = keys[i] end
  local floors = call('MGET', unpack(floor_names))
  while k <= #keys do
    local count, limit, from = tonumber(argv[a]), tonumber(argv[a + 1]), argv[a + 2]
    local before, before_member, after, after_member = argv[a + 3], argv[a + 4], argv[a + 5], argv[a + 6]
    local flags = argv[a + 7]
    a = a + 8
    for i = 1, count do
      local name = keys[k]
      local upper, lower = sub(flags, 2 * i - 1, 2 * i - 1), sub(flags, 2 * i, 2 * i)
      local first, last = 0, -1
      if upper ~= '-' then first = rank_of(name, before, before_member, upper == 'i') end
      if lower ~= '-' then
        last = rank_of(name, after, after_member, lower ~= 'i') - 1
      elseif from == 'o' then
        last = call('ZCARD', name) - 1
      end
      if from == 'o' then
        first = math.max(first, last - limit + 1)
      elseif last < 0 and lower == '-' or last >= first + limit then
        last = first + limit - 1
      end
      local found = {}
      if last >= first then found = call('ZREVRANGE', name, first, last, 'WITHSCORES') end
      out[#out + 1] = pack(floors[#out + 1], found)
      k = k + 3
    end
  end
  return out
end

local function packed_state(live_name, dead_name, floor_name)
  local live = pack(call('GET', floor_name), call('ZREVRANGE', live_name, 0, -1, 'WITHSCORES'))
  return live, pack(false, call('ZREVRANGE', dead_name, 0, -1, 'WITHSCORES'))
end

local function state(keys)
  local out = {}
  for k = 1, #keys, 3 do
    out[#out + 1], out[#out + 2] = packed_state(keys[k], keys[k + 1], keys[k + 2])
  end
  return out
end

local function digest(keys)
  local out = {}
  for k = 1, #keys, 3 do
    local live, dead = packed_state(keys[k], keys[k + 1], keys[k + 2])
    out[#out + 1] = redis.sha1hex(#live .. ' ' .. live .. dead)
  end
  return out
end

local function probe(keys, argv)
  local out, a = {}, 2
  for k = 1, #keys, 3 do
    local members = {}
    local count = tonumber(argv[a])
    for i = 1, count do
      local member = argv[a + i]
      local live = call('ZSCORE', keys[k], member)
      local dead = not live and call('ZSCORE', keys[k + 1], member)
      members[i] = live and ('+' .. live) or dead and ('-' .. dead) or '.'
    end
    a = a + count + 1
    out[#out + 1] = table.concat(members, ' ')
    out[#out + 1] = pack(call('GET', keys[k + 2]), {})
  end
  return out
end

local commands = { read = read, state = state, digest = digest, probe = probe }

local function query(keys, argv)
  call, find, sub, byte = redis.call, string.find, string.sub, string.byte
  return commands[argv[1]](keys, argv)
end
`;

/** Names of the two functions: one that writes, one that may run when Redis is out of memory or read-only. */
export const WRITE_FUNCTION = 'binnacle_timeline_write_4';
export const QUERY_FUNCTION = 'binnacle_timeline_query_4';

/** The library for FUNCTION LOAD, Redis 7 and later. */
export const LIBRARY = `#!lua name=binnacle_timeline_4
${PROGRAM}
redis.register_function('${WRITE_FUNCTION}', write)
redis.register_function{ function_name = '${QUERY_FUNCTION}', callback = query, flags = { 'no-writes' } }
`;

/** The same program as a script, for Redis before 7. */
export const SCRIPT = `${PROGRAM}
if ARGV[1] == 'write' then return write(KEYS, ARGV) end
return query(KEYS, ARGV)
`;

/** What EVALSHA calls the script. */
export const SCRIPT_SHA = createHash('sha1').update(SCRIPT).digest('hex');
