-- Sends one kind of request and counts what fails. The arguments are how many tasks there
-- are, a method, a path and a body; each {number} in them is that of a random task.
local tasks, path, body

local function filled(text)
  return (text:gsub("{number}", function() return math.random(tasks) end))
end

function init(arguments)
  tasks, wrk.method, path, body = unpack(arguments)
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  return wrk.format(nil, filled(path), nil, filled(body))
end

function done(summary)
  local errors = summary.errors
  -- A request that fails may be counted as all of these.
  local failed = math.max(errors.status, errors.read, errors.timeout)
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %d, "failed": %d}\n',
    summary.requests, summary.duration, failed + errors.connect + errors.write
  ))
end
