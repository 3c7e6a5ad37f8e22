-- What wrk asks: the paths in turn, {day} in them another day each time; prints one line of JSON.
--
-- Arguments: the number of the first day, the mean pause of a connection in milliseconds (0 for
-- none), and the paths.

local number, paths, built = 0, {}, {}

function init(arguments)
  number = tonumber(arguments[1])
  local pause = tonumber(arguments[2])
  if pause > 0 then
    function delay() return math.floor(pause * (0.5 + math.random())) end
  end
  for place = 3, #arguments do
    local path = arguments[place]
    paths[#paths + 1] = path
    built[#paths] = not path:find("{day}", 1, true) and wrk.format("GET", path)
  end
end

local function day()
  local rest = math.floor(number / 75)
  return string.format("%04d-%02d-%02d", 1950 + number % 75, 1 + rest % 12, 1 + rest / 12 % 28)
end

function request()
  number = number + 1
  local place = 1 + number % #paths
  return built[place] or wrk.format("GET", (paths[place]:gsub("{day}", day())))
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"rate": %f, "requests": %d, "p50": %f, "p95": %f, "p99": %f, "refused": %d, "broken": %d}\n',
    summary.requests / summary.duration * 1e6, summary.requests,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
