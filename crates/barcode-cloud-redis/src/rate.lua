-- Counts outcomes and reserves permits, as `RateController` of the facade does for one process. The
-- times are in seconds.
--
-- KEYS[1]: the state of the controller, a hash.
-- KEYS[2]: the processes that use it, a sorted set with the times when they were last seen.
-- KEYS[3]: the numbers of requests that the processes have in flight, a hash.
-- ARGV: the process, the maximum rate, the number of wanted permits, the numbers of accepted and
-- rejected requests since the last call, the number of requests in flight, their maximum for all
-- processes (0: no limit), and the time, if it is not to be that of the server.
--
-- Returns the number of permits, the delay until the first one and the time between them in
-- microseconds, the number of processes, and the rate in thousandths.
local TICK, ENOUGH, LONG_TICK = 0.05, 8, 0.5
local HORIZON, BATCH, SLACK = 0.05, 0.02, 0.005
local LOWERED, GROWTH, SETTLED, ACCELERATION, MAX_GROWTH = 0.97, 0.01, 0.8, 1.3, 0.3
-- A process that was not seen for this time has crashed.
local LOST = 1

local process, max = ARGV[1], tonumber(ARGV[2])
local wanted, new_accepted, new_rejected = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local in_flight, max_in_flight = tonumber(ARGV[6]), tonumber(ARGV[7])
local now
if ARGV[8] then
    now = tonumber(ARGV[8])
else
    local time = redis.call('TIME')
    now = tonumber(time[1]) + tonumber(time[2]) / 1e6
end

local fields = redis.call('HMGET', KEYS[1], 'rate', 'next', 'judged', 'accepted', 'rejected', 'quiet', 'lowered')
local function number(index, default) return tonumber(fields[index] or '') or default end
local rate = math.min(number(1, max), max)
local next_at, judged = number(2, 0), number(3, 0)
local accepted, rejected = number(4, 0) + new_accepted, number(5, 0) + new_rejected
local quiet, lowered = number(6, 0), number(7, 0)
-- After a failover, the clock of the new server may be behind that of the old one.
next_at, judged = math.min(next_at, now + 2), math.min(judged, now)

local elapsed, outcomes = now - judged, accepted + rejected
if elapsed >= TICK and (outcomes >= ENOUGH or elapsed >= LONG_TICK) then
    if rejected > 0 then
        if lowered == 0 then
            local kept = math.min(math.max(1 - rejected / outcomes, 0.5), LOWERED)
            rate = math.max(rate * kept, 1)
        end
        lowered, quiet = 1 - lowered, 0
    elseif accepted > 0 then
        elapsed = math.min(elapsed, 1)
        quiet = quiet + elapsed
        local ticks = math.min(math.max((quiet - SETTLED) / TICK, 0), 50)
        local growth = math.min(GROWTH * ACCELERATION ^ ticks, MAX_GROWTH)
        rate, lowered = math.min(rate * (1 + growth * elapsed), max), 0
    end
    judged, accepted, rejected = now, 0, 0
end

for _, lost in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - LOST)) do
    redis.call('HDEL', KEYS[3], lost)
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - LOST)
redis.call('ZADD', KEYS[2], now, process)
local processes = redis.call('ZCARD', KEYS[2])

-- A process waits if it has more than its share of the requests in flight, or if there are too many.
local free = wanted
if max_in_flight > 0 then
    local total = in_flight
    local counts = redis.call('HGETALL', KEYS[3])
    for index = 1, #counts, 2 do
        if counts[index] ~= process then total = total + tonumber(counts[index + 1]) end
    end
    local share = math.max(1, math.ceil(max_in_flight / processes))
    free = math.max(0, math.min(wanted, max_in_flight - total, share - in_flight))
end

local start = math.max(next_at, now - SLACK)
local ahead = math.max(start - now, 0)
local permits, delay = 0, ahead
if wanted > 0 then
    if ahead > HORIZON then
        delay = ahead - HORIZON + 0.001
    elseif free == 0 then
        delay = 0.005
    else
        permits = math.min(free, math.max(math.floor(rate * BATCH), 1))
        next_at = start + permits / rate
    end
end
redis.call('HSET', KEYS[3], process, in_flight + permits)

local function text(value) return string.format('%.17g', value) end
redis.call('HSET', KEYS[1], 'rate', text(rate), 'next', text(next_at), 'judged', text(judged),
    'accepted', text(accepted), 'rejected', text(rejected), 'quiet', text(quiet), 'lowered', lowered)
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, 600) end

return {permits, math.floor(delay * 1e6), math.floor(1e6 / rate), processes, math.floor(rate * 1000)}
