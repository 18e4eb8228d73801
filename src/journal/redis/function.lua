#!lua name=lagerd_v1
-- The journal's functions. A function is never changed under its name: a change is a new name in a new library, so that
-- two daemons of different age can share one Redis.
--
-- Lua does not roll back: whatever may fail is done before the first write, and the first write is the only one that
-- may fail by itself. None of the writing functions allows itself more memory than the limit ("allow-oom"), but trim,
-- which frees some; so Redis refuses them before they begin.
--
-- Keys of one call share one hash tag (one slot in a cluster): head, log, then the tables written.

local GENESIS = '0-0000000000000000'
-- Values per call: Lua's unpack fails near 8,000.
local PUT_VALUES = 4000
local DROP_VALUES = 2000
-- Entries one trim removes at most; more would keep others waiting.
local TRIM_ENTRIES = 20000
-- Entries one step of a read asks for at most.
local READ_STEP = 64

local function wrong_type(key, wanted)
  local found = redis.call('TYPE', key)['ok']
  if found == 'none' or found == wanted then return nil end
  return redis.error_reply('LAGERDTYPE ' .. key .. ' is a ' .. found .. ', not a ' .. wanted)
end

local function wrong_types(keys)
  local wrong = wrong_type(keys[1], 'string') or wrong_type(keys[2], 'stream')
  for at = 3, #keys do wrong = wrong or wrong_type(keys[at], 'hash') end
  return wrong
end

-- Compares decimal numbers as text: as numbers they would be exact only up to 2^53.
local function above(a, b)
  if #a ~= #b then return #a > #b end
  return a > b
end

local function version_of(text)
  return string.match(text, '^(%d+)-')
end

local function newest(log)
  local last = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
  if not last then return nil, nil end
  return version_of(last[1]), last[2][2]
end

local function in_chunks(command, key, args, at, count, step)
  local stop = at + count
  while at < stop do
    local last = math.min(at + step, stop) - 1
    redis.call(command, key, unpack(args, at, last))
    at = last + 1
  end
  return at
end

-- For each table: number of puts, key and value of each, number of drops, key of each.
local function write_rows(keys, args, at)
  for table = 3, #keys do
    local puts = tonumber(args[at])
    at = in_chunks('HSET', keys[table], args, at + 1, puts * 2, PUT_VALUES)
    local drops = tonumber(args[at])
    at = in_chunks('HDEL', keys[table], args, at + 1, drops, DROP_VALUES)
  end
end

-- expected head, new head, its version, its nonce, entry, rows -> OK | CONFLICT
local function commit(keys, args)
  local wrong = wrong_types(keys)
  if wrong then return wrong end
  if (redis.call('GET', keys[1]) or GENESIS) ~= args[1] then return 'CONFLICT' end
  local added = redis.pcall('XADD', keys[2], args[3] .. '-0', 'n', args[4], 'e', args[5])
  if type(added) == 'table' and added.err then return 'CONFLICT' end
  write_rows(keys, args, 6)
  redis.call('SET', keys[1], args[2])
  return 'OK'
end

-- newest head, its version, its nonce, rows -> OK | NOTHING
local function finish(keys, args)
  local wrong = wrong_types(keys)
  if wrong then return wrong end
  local version, nonce = newest(keys[2])
  local head = version_of(redis.call('GET', keys[1]) or GENESIS)
  if version ~= args[2] or nonce ~= args[3] or not above(version, head) then return 'NOTHING' end
  write_rows(keys, args, 4)
  redis.call('SET', keys[1], args[1])
  return 'OK'
end

-- version -> how many entries are still to go; the newest stays
local function trim(keys, args)
  local wrong = wrong_type(keys[1], 'stream')
  if wrong then return wrong end
  local last = newest(keys[1])
  if not last then return 0 end
  local first = version_of(redis.call('XRANGE', keys[1], '-', '+', 'COUNT', 1)[1][1])
  local goal = args[1]
  if above(goal, last) then goal = last end
  local now = string.format('%.0f', tonumber(first) + TRIM_ENTRIES)
  if above(now, goal) then now = goal end
  redis.call('XTRIM', keys[1], 'MINID', '=', now .. '-0')
  return math.max(0, tonumber(goal) - tonumber(now))
end

-- consumer, head or '' to drop it -> OK; a position only ever goes up
local function cursor(keys, args)
  local wrong = wrong_type(keys[1], 'hash')
  if wrong then return wrong end
  if args[2] == '' then
    redis.call('HDEL', keys[1], args[1])
    return 'OK'
  end
  local stored = redis.call('HGET', keys[1], args[1])
  if not stored or above(version_of(args[2]), version_of(stored)) then
    redis.call('HSET', keys[1], args[1], args[2])
  end
  return 'OK'
end

-- -> head or '', oldest version or '', newest version or '', its nonce or '', bytes of the log, about
local function span(keys, args)
  local wrong = wrong_types(keys)
  if wrong then return wrong end
  local head = redis.call('GET', keys[1]) or ''
  local version, nonce = newest(keys[2])
  if not version then return {head, '', '', '', 0} end
  local first = version_of(redis.call('XRANGE', keys[2], '-', '+', 'COUNT', 1)[1][1])
  local bytes = redis.pcall('MEMORY', 'USAGE', keys[2])
  if type(bytes) ~= 'number' then bytes = 0 end
  return {head, first, version, nonce, bytes}
end

-- from version, entries at most, bytes at most -> id, nonce, entry of each, flat; at least one if there is any
local function read(keys, args)
  local wrong = wrong_type(keys[1], 'stream')
  if wrong then return wrong end
  local from, limit, budget = args[1] .. '-0', tonumber(args[2]), tonumber(args[3])
  local flat, count, bytes, step = {}, 0, 0, 1
  while count < limit and bytes < budget do
    local entries = redis.call('XRANGE', keys[1], from, '+', 'COUNT', math.min(step, limit - count))
    for _, entry in ipairs(entries) do
      flat[#flat + 1] = entry[1]
      flat[#flat + 1] = entry[2][2]
      flat[#flat + 1] = entry[2][4]
      bytes = bytes + #entry[2][4]
      from = '(' .. entry[1]
    end
    if #entries < math.min(step, limit - count) then break end
    count = count + #entries
    -- As many as fit into what is left, if they go on being as large as they were.
    local fit = math.floor((budget - bytes) * count / math.max(bytes, 1))
    step = math.max(1, math.min(READ_STEP, fit))
  end
  return flat
end

redis.register_function('lagerd_commit_v1', commit)
redis.register_function('lagerd_finish_v1', finish)
redis.register_function{function_name = 'lagerd_trim_v1', callback = trim, flags = {'allow-oom'}}
redis.register_function('lagerd_cursor_v1', cursor)
redis.register_function{function_name = 'lagerd_span_v1', callback = span, flags = {'no-writes'}}
redis.register_function{function_name = 'lagerd_read_v1', callback = read, flags = {'no-writes'}}
