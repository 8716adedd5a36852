-- wrk's side of tests/serving/load.py: sends the plan's requests and compares every answer with the one it is to get.
-- Each of wrk's threads has one connection, so an answer belongs to the request before it.

local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
  thread:set("seed", #threads)
end

function init(args)
  plan = dofile(args[1])
  math.randomseed(seed)
  total, wrong, server_errors, timed_out, malformed, failing, sample = 0, 0, 0, 0, 0, 0, ""
  for _, item in ipairs(plan) do
    item.request = wrk.format(item.method, item.path, { ["Content-Type"] = item.type }, item.body)
  end
  pick = {}
  for index, item in ipairs(plan) do
    for _ = 1, item.weight do pick[#pick + 1] = index end
  end
end

function request()
  current = plan[pick[math.random(#pick)]]
  return current.request
end

function response(status, headers, body)
  total = total + 1
  if current.kind == "malformed" then malformed = malformed + 1 end
  if current.kind == "failing" then failing = failing + 1 end
  if status >= 500 then server_errors = server_errors + 1 end
  if status == current.status and (current.answer == nil or current.answer == body) then return end
  if status == 400 and current.kind ~= "malformed" and body:find("timeout_seconds", 1, true) then
    timed_out = timed_out + 1  -- declared: the machine was too busy for the model's own limit
    return
  end
  wrong = wrong + 1
  if sample == "" then sample = current.name .. ": HTTP " .. status .. ": " .. body:sub(1, 300) end
end

function done(summary, latency, requests)
  local sum = { total = 0, wrong = 0, server_errors = 0, timed_out = 0, malformed = 0, failing = 0 }
  local first = ""
  for _, thread in ipairs(threads) do
    for name in pairs(sum) do sum[name] = sum[name] + thread:get(name) end
    if first == "" then first = thread:get("sample") end
  end
  sum.seconds = summary.duration / 1e6
  sum.p50, sum.p90, sum.p99 = latency:percentile(50) / 1e3, latency:percentile(90) / 1e3, latency:percentile(99) / 1e3
  sum.max = latency.max / 1e3
  for name, count in pairs(summary.errors) do sum["socket_" .. name] = count end
  for name, value in pairs(sum) do print("@" .. name .. "=" .. value) end
  print("@sample=" .. first:gsub("[\r\n]", " "))
end
