#include "agent/probe_memory.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>

#include "agent/net/small_file.h"

namespace hitwatch {
namespace {

using nlohmann::json;
using State = redis::ProbeLedger::State;

constexpr const char* kName = "/probes.json";

std::string text_of(const State& state) {
  json runs = json::object();
  for (const auto& [run_id, totals] : state.runs) {
    runs[run_id] = {{"hits", totals.hits}, {"misses", totals.misses}};
  }
  json instances = json::object();
  for (const auto& [instance, lookups] : state.instances) instances[instance] = lookups;
  return json{{"runs", std::move(runs)}, {"instances", std::move(instances)}}.dump(
      -1, ' ', false, json::error_handler_t::replace);
}

std::optional<std::uint64_t> count_of(const json& object, const std::string& name) {
  if (!object.is_object() || !object.contains(name)) return std::nullopt;
  const json& value = object[name];
  if (!value.is_number_unsigned()) return std::nullopt;
  return value.get<std::uint64_t>();
}

std::optional<State> state_of(const std::string& text) {
  const json read = json::parse(text, nullptr, false);
  const json runs = read.is_object() ? read.value("runs", json()) : json();
  const json instances = read.is_object() ? read.value("instances", json()) : json();
  if (!runs.is_object() || !instances.is_object()) return std::nullopt;
  State state;
  for (const auto& [run_id, totals] : runs.items()) {
    const auto hits = count_of(totals, "hits");
    const auto misses = count_of(totals, "misses");
    if (!hits || !misses) return std::nullopt;
    state.runs[run_id] = {*hits, *misses};
  }
  for (const auto& [instance, lookups] : instances.items()) {
    const auto count = count_of(instances, instance);
    if (!count) return std::nullopt;
    state.instances[instance] = *count;
  }
  return state;
}

}  // namespace

ProbeMemory::ProbeMemory(std::string folder, redis::ProbeLedger& ledger, log::Log& log)
    : folder_(std::move(folder)), ledger_(ledger), log_(log) {}

void ProbeMemory::load() {
  const std::string path = folder_ + kName;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return;
  const auto text = net::read_small_file(path, kMaxBytes);
  const auto state = text ? state_of(*text) : std::nullopt;
  if (!state) {
    log_.warn("the record of our own looks at keys cannot be read, it begins anew",
              {{"file", path}, {"error", text ? "no record of ours" : text.error()}});
    return;
  }
  ledger_.restore(*state);
  saved_ = ledger_.state();
}

void ProbeMemory::save() {
  State state = ledger_.state();
  if (state == saved_) return;
  const std::string path = folder_ + kName;
  if (net::replace_small_file(path, text_of(state))) {
    saved_ = std::move(state);
  } else if (!std::exchange(failed_, true)) {
    log_.info("our own looks at keys are not remembered over a restart", {{"file", path}});
  }
}

}  // namespace hitwatch
