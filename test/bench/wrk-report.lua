-- Prints wrk's counts as one line of JSON for wrk.ts, because wrk's own text is rounded.
-- With a file of tokens, one per line, each request presents the next one.
local headers, count, last = {}, 0, 0

function init(args)
  if args[1] == nil then return end
  for token in io.lines(args[1]) do
    count = count + 1
    headers[count] = wrk.format(nil, nil, { Host = wrk.headers['Host'], Authorization = 'Bearer ' .. token })
  end
  request = function()
    last = last % count + 1
    return headers[last]
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"bytes":%d,"p50":%d,"p99":%d,"failures":%d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.timeout + errors.status
  ))
end
