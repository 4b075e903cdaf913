#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "agent/config/apps_section.h"
#include "agent/config/checks.h"
#include "agent/config/config.h"
#include "agent/config/keys_section.h"
#include "agent/config/notify_section.h"
#include "agent/config/rules_section.h"
#include "agent/config/schema.h"
#include "agent/config/shard.h"
#include "agent/config/tap_section.h"
#include "agent/config/target_entry.h"
#include "agent/config/thresholds_section.h"
#include "agent/config/traces_section.h"
#include "agent/net/http_words.h"
#include "agent/yaml/document.h"
#include "agent/yaml/section.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::config {
namespace {

using std::chrono::milliseconds;
using yaml::Mapping;
using yaml::Node;
using yaml::Reader;
using yaml::Value;

constexpr auto kSections = std::to_array<std::string_view>(
    {"targets", "credentials", "poll", "keys", "tap", "apps", "thresholds", "rules", "notify",
     "traces", "web", "log", "storage", "shard"});

struct Switch {
  std::string_view key;
  bool redis::CollectOptions::* field;
};

constexpr auto kSwitches = std::to_array<Switch>({
    {"client_list", &redis::CollectOptions::client_list},
    {"client_port", &redis::CollectOptions::client_port},
    {"client_groups", &redis::CollectOptions::client_groups},
    {"config", &redis::CollectOptions::config},
    {"config_redact", &redis::CollectOptions::config_redact},
    {"modules", &redis::CollectOptions::modules},
    {"system", &redis::CollectOptions::system},
    {"instance_role", &redis::CollectOptions::instance_role},
    {"rdb_file_size", &redis::CollectOptions::rdb_file_size},
    {"cluster_slot_stats", &redis::CollectOptions::cluster_slot_stats},
    {"sentinel_peers", &redis::CollectOptions::sentinel_peers},
    {"search_indexes", &redis::CollectOptions::search_indexes},
    {"latency", &redis::CollectOptions::latency},
    {"slowlog", &redis::CollectOptions::slowlog},
    {"acl_log", &redis::CollectOptions::acl_log},
    {"empty_databases", &redis::CollectOptions::empty_databases},
    {"ping", &redis::CollectOptions::ping},
    {"set_client_name", &redis::CollectOptions::set_client_name},
});

struct Level {
  std::string_view word;
  LogLevel level;
};

constexpr auto kLevels = std::to_array<Level>({{"debug", LogLevel::kDebug},
                                               {"info", LogLevel::kInfo},
                                               {"warn", LogLevel::kWarn},
                                               {"error", LogLevel::kError}});

// Reads a text and adds a fault if `check` does not like it.
template <typename Check>
void read_checked(Mapping& mapping, std::string_view key, std::string& out, Check check) {
  mapping.read(key, out);
  const auto value = mapping.take(key);
  if (!value || value->node->kind != Node::Kind::kScalar) return;
  if (const auto ok = check(out); !ok) {
    mapping.reader().fault(*value->node, value->path,
                           fmt::format("{} is {}", yaml::shown(value->node->text), ok.error()));
  }
}

void read_collect(Mapping& poll, redis::CollectOptions& out) {
  const auto value = poll.take("collect");
  if (!value) return;
  Mapping mapping(poll.reader(), *value->node, value->path, kCollectSchema);
  for (const Switch& entry : kSwitches) mapping.read(entry.key, out.*entry.field);
  read_checked(mapping, "search_index_match", out.search_index_match, check_regex);
  read_checked(mapping, "config_command", out.config_command, check_command_name);
  mapping.finish();
}

// Zero, or more than a day, is a fault.
void read_period(Mapping& mapping, std::string_view key, milliseconds& out) {
  constexpr milliseconds kMost = std::chrono::hours(24);
  mapping.read(key, out);
  if (out > milliseconds(0) && out <= kMost) return;
  const auto value = mapping.take(key);
  mapping.reader().fault(*value->node, value->path, "must be more than 0 and at most 1d");
}

void read_poll(Mapping& root, redis::PollOptions& out) {
  const auto value = root.take("poll");
  if (!value) return;
  Reader& reader = root.reader();
  Mapping mapping(reader, *value->node, value->path, kPollSchema);
  static constexpr auto kModes = std::to_array<std::pair<std::string_view, bool>>(
      {{"background", false}, {"on_scrape", true}});
  mapping.read_choice<bool>("mode", kModes, out.on_scrape);
  read_period(mapping, "interval", out.interval);
  if (mapping.take("timeout")) {
    read_period(mapping, "timeout", out.timeout);
    // Without polls in the background the interval means nothing.
    if (!out.on_scrape && out.timeout > out.interval) {
      const auto timeout = *mapping.take("timeout");
      reader.fault(*timeout.node, timeout.path, "longer than poll.interval; polls would overlap");
    }
  } else if (!out.on_scrape) {
    out.timeout = std::min(out.timeout, out.interval);
  }
  read_collect(mapping, out.collect);
  mapping.finish();
}

void read_web(Mapping& root, Web& out) {
  const auto value = root.take("web");
  if (!value) return;
  Mapping mapping(root.reader(), *value->node, value->path, kWebSchema);
  read_checked(mapping, "listen_address", out.listen_address, check_listen_address);
  mapping.read_file("config_file", out.config_file);
  read_checked(mapping, "telemetry_path", out.telemetry_path, check_telemetry_path);
  mapping.read("query_api", out.query_api);
  mapping.read("admin_api", out.admin_api);
  for (const Value& item : mapping.read_items("scrape_allow")) {
    auto pattern = root.reader().text(*item.node, item.path);
    if (!pattern) continue;
    if (pattern->empty()) {
      root.reader().fault(*item.node, item.path, "must be a pattern like '*.example.org:6379'");
      continue;
    }
    out.scrape_allow.push_back(*std::move(pattern));
  }
  mapping.finish();
}

void read_log(Mapping& root, Log& out) {
  const auto value = root.take("log");
  if (!value) return;
  Mapping mapping(root.reader(), *value->node, value->path, kLogSchema);
  static constexpr auto kFormats = std::to_array<std::pair<std::string_view, LogFormat>>(
      {{"logfmt", LogFormat::kLogfmt}, {"json", LogFormat::kJson}});
  std::vector<std::pair<std::string_view, LogLevel>> levels;
  for (const Level& level : kLevels) levels.emplace_back(level.word, level.level);
  mapping.read_choice<LogLevel>("level", levels, out.level);
  mapping.read_choice<LogFormat>("format", kFormats, out.format);
  mapping.finish();
}

void read_storage(Mapping& root, Storage& out) {
  constexpr std::uint64_t kLeast = 1ULL << 20;
  const auto value = root.take("storage");
  if (!value) return;
  Mapping mapping(root.reader(), *value->node, value->path, kStorageSchema);
  mapping.read("path", out.path);
  if (out.path.empty()) {
    const auto path = *mapping.take("path");
    root.reader().fault(*path.node, path.path, "must be a folder");
  }
  out.path = root.reader().resolve(out.path);
  mapping.read_size("max_size", out.max_size);
  if (out.max_size < kLeast) {
    const auto size = *mapping.take("max_size");
    root.reader().fault(*size.node, size.path, "must be at least 1MiB");
  }
  mapping.finish();
}

void read_lists(Mapping& root, Config& config) {
  TargetNames names;
  SourceNames sources;
  const auto targets = root.read_items("targets");
  const auto list = root.take("targets");
  config.targets_given = list && list->node->kind == Node::Kind::kSequence;
  if (targets.size() > kMaxTargets) {
    root.reader().fault(*list->node, list->path, "more than 10000 targets");
  } else {
    for (const Value& item : targets)
      read_target_entry(root.reader(), item, config, names, sources);
  }
  for (const Value& item : root.read_items("credentials")) {
    read_credentials_entry(root.reader(), item, config);
  }
}

void read_shard(Mapping& root, Shard& out) {
  std::string text;
  root.read("shard", text);
  const auto value = root.take("shard");
  if (!value || value->node->kind != Node::Kind::kScalar) return;
  if (const auto shard = parse_shard(text)) {
    out = *shard;
  } else {
    root.reader().fault(*value->node, value->path, shard.error());
  }
}

}  // namespace

std::expected<LogLevel, std::string> parse_log_level(std::string_view text) {
  std::string word(text);
  std::ranges::transform(word, word.begin(), net::ascii_lower);
  if (word == "warning") word = "warn";
  const auto level = std::ranges::find(kLevels, word, &Level::word);
  if (level != kLevels.end()) return level->level;
  return std::unexpected("a log level is one of debug, info, warn, error");
}

std::expected<Config, std::vector<Fault>> load_text(std::string_view text, const std::string& name,
                                                    trace::Settings traces) {
  const auto document = yaml::parse_document(text, name);
  if (!document) return std::unexpected(std::vector{document.error()});
  Reader reader(name, {.expand_environment = true, .top_keys = kSections, .only_declared = true});
  Mapping root(reader, *document, "", kRootSchema);
  Config config;
  config.traces = std::move(traces);
  read_lists(root, config);
  read_shard(root, config.shard);
  read_poll(root, config.poll);
  read_keys(root, config.keys);
  read_tap(root, config.tap);
  read_apps(root, config.apps);
  read_thresholds(root, config.thresholds);
  read_rules(root, config.rules);
  const std::vector<Fault> elsewhere = read_notify(root, config.notify);
  read_traces(root, config.traces);
  read_web(root, config.web);
  read_log(root, config.log);
  read_storage(root, config.storage);
  root.finish();
  if (reader.has_faults() || !elsewhere.empty()) {
    auto faults = reader.take_faults();
    faults.insert(faults.end(), elsewhere.begin(), elsewhere.end());
    return std::unexpected(std::move(faults));
  }
  return config;
}

std::expected<Config, std::vector<Fault>> load_file(const std::string& path,
                                                    trace::Settings traces) {
  const auto text = yaml::read_document(path);
  if (!text) return std::unexpected(std::vector{text.error()});
  return load_text(*text, path, std::move(traces));
}

}  // namespace hitwatch::config
