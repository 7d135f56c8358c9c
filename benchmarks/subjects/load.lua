-- Sends one kind of request, whose method comes as an argument, and counts what fails.
local body = '{"title": "A task", "project_id": 1, "created_by_id": 1}'

function init(arguments)
  wrk.method = arguments[1]
  if wrk.method == "POST" then
    wrk.body = body
    wrk.headers["Content-Type"] = "application/json"
  end
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
