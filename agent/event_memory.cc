#include "agent/event_memory.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>

#include "agent/net/small_file.h"

namespace hitwatch {
namespace {

using nlohmann::json;
using Ledger = redis::EventLedger;

constexpr const char* kEventFile = "/events.json";

std::string event_text(const Ledger::State& state) {
  json runs = json::object();
  for (const auto& [run, logs] : state) {
    json entry = json::object();
    for (const auto& [log, settled] : logs) {
      if (log == Ledger::kSlowLog) {
        entry["slowlog"] = settled;
      } else {
        entry["latency"][log] = settled;
      }
    }
    runs[run] = std::move(entry);
  }
  return json{{"runs", std::move(runs)}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Of one run; false if it makes no sense.
bool read_logs(const json& entry, std::map<std::string, std::int64_t, std::less<>>& logs) {
  if (!entry.is_object()) return false;
  for (const auto& [name, value] : entry.items()) {
    if (name == "slowlog" && value.is_number_integer()) {
      logs[std::string(Ledger::kSlowLog)] = value.get<std::int64_t>();
    } else if (name == "latency" && value.is_object()) {
      for (const auto& [event, at] : value.items()) {
        if (!at.is_number_integer()) return false;
        logs[event] = at.get<std::int64_t>();
      }
    } else {
      return false;
    }
  }
  return true;
}

std::optional<Ledger::State> events_of(const std::string& text) {
  const json read = json::parse(text, nullptr, false);
  const json runs = read.is_object() ? read.value("runs", json()) : json();
  if (!runs.is_object()) return std::nullopt;
  Ledger::State state;
  for (const auto& [run, entry] : runs.items()) {
    if (!read_logs(entry, state[run])) return std::nullopt;
  }
  return state;
}

}  // namespace

EventMemory::EventMemory(std::string folder, redis::EventLedger& ledger, log::Log& log)
    : folder_(std::move(folder)), ledger_(ledger), log_(log) {}

void EventMemory::begin() {
  const std::scoped_lock lock(mutex_);
  if (std::exchange(begun_, true)) return;
  const std::string path = folder_ + kEventFile;
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) {
    const auto text = net::read_small_file(path, kMaxBytes);
    const auto state = text ? events_of(*text) : std::nullopt;
    if (state) {
      ledger_.restore(*state);
    } else {
      log_.warn("the record of what was told of the servers' logs cannot be read, it begins anew",
                {{"file", path}, {"error", text ? "no record of ours" : text.error()}});
    }
  }
  ledger_.set_remembers(net::replace_small_file(path, event_text(ledger_.settled())));
}

void EventMemory::save() {
  const std::scoped_lock lock(mutex_);
  const std::uint64_t settlements = ledger_.settlements();
  if (!begun_ || settlements == saved_) return;
  const std::string path = folder_ + kEventFile;
  if (net::replace_small_file(path, event_text(ledger_.settled()))) {
    saved_ = settlements;
  } else if (!std::exchange(failed_, true)) {
    log_.info("a restart will not know which slow commands were told", {{"file", path}});
  }
}

}  // namespace hitwatch
