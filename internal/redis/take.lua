-- Asks a budget for one request: the arithmetic of package limit, on this server's
-- clock. All times are whole microseconds, which Lua's numbers hold exactly.
--
-- KEYS[1]  the moment at which the budget is full again
-- ARGV[1]  the time in which the budget grows by one request
-- ARGV[2]  the time in which an empty budget fills up
-- ARGV[3]  how far the caller's clock runs ahead
--
-- Answers 1 or 0 (the request passes or not), and how long it then is until the
-- budget is full. A budget is forgotten when it is full.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2] + ARGV[3]
local full = tonumber(redis.call('GET', KEYS[1]) or 0)
local after = math.max(full, now) + ARGV[1]
if after - now > tonumber(ARGV[2]) then
	return {0, full - now}
end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', string.format('%.0f', math.ceil((after - now) / 1000)))
return {1, after - now}
