-- Says that one more node has done what it was told, to the one who waits for it.
-- KEYS[1]: the list at which they wait. ARGV[1]: how long it is kept, in ms, for
-- those who wait no longer.
redis.call('RPUSH', KEYS[1], '1')
redis.call('PEXPIRE', KEYS[1], ARGV[1])
