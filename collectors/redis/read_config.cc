// CONFIG GET: the few settings that are always exported, or all of them. The few are kept for the
// next polls where the server tells of changes (StandingAnswers).
#include <algorithm>
#include <filesystem>
#include <optional>

#include "collectors/redis/info.h"
#include "collectors/redis/readers.h"

namespace hitwatch::redis {
namespace {

constexpr int kSeveralNames = 70000;  // CONFIG GET takes several names
constexpr int kCommandlog = 80100;    // Valkey has COMMANDLOG

// Of an answer that is kept: far more than it has. What is more is asked for in every poll.
constexpr std::size_t kMostKept = 32;
constexpr std::size_t kLongestKept = 1000;

struct Setting {
  std::string_view name;
  Metric metric;
};

constexpr Setting kSettings[] = {
    {"maxclients", Metric::kConfigMaxclients},
    {"maxmemory", Metric::kConfigMaxmemory},
    {"io-threads", Metric::kConfigIoThreads},
    {"repl-backlog-size", Metric::kConfigReplBacklogSize},
    {"commandlog-execution-slower-than", Metric::kCommandlogExecutionSlowerThan},
    {"commandlog-request-larger-than", Metric::kCommandlogRequestLargerThan},
    {"commandlog-reply-larger-than", Metric::kCommandlogReplyLargerThan},
    {"commandlog-slow-execution-max-len", Metric::kCommandlogSlowMaxLen},
    {"commandlog-large-request-max-len", Metric::kCommandlogLargeRequestMaxLen},
    {"commandlog-large-reply-max-len", Metric::kCommandlogLargeReplyMaxLen},
};

bool holds_secret(std::string_view key) {
  return key == "masterauth" || key.ends_with("pass") || key.ends_with("password") ||
         key.ends_with("secret") || key.ends_with("token");
}

std::string_view cut_word(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

// "normal 0 0 0 slave 268435456 67108864 60": class, hard limit, soft limit, seconds; repeated.
void read_output_limits(std::string_view value, Collection& collection) {
  const Families& families = collection.families;
  while (!value.empty()) {
    const std::string_view kind = cut_word(value);
    const auto hard = parse_number(cut_word(value));
    const auto soft = parse_number(cut_word(value));
    const auto seconds = parse_number(cut_word(value));
    if (!hard || !soft || !seconds) return;
    const metrics::Family* bytes = families[Metric::kConfigOutputLimit];
    collection.out.add(bytes, *hard, {{"class", kind}, {"limit", "hard"}});
    collection.out.add(bytes, *soft, {{"class", kind}, {"limit", "soft"}});
    collection.out.add(families[Metric::kConfigOutputLimitSeconds], *seconds,
                       {{"class", kind}, {"limit", "soft"}});
  }
}

void read_setting(std::string_view key, std::string_view value, Collection& collection) {
  const auto number = parse_number(value);
  if (key == "databases") {
    if (number && *number >= 1) {
      collection.server.databases = static_cast<int>(std::min(*number, 1e9));
    }
  } else if (key == "client-output-buffer-limit") {
    read_output_limits(value, collection);
  } else if (key == "dir") {
    collection.server.dump_dir = value;
  } else if (key == "dbfilename") {
    collection.server.dump_file = value;
  } else if (const auto* found = std::ranges::find(kSettings, key, &Setting::name);
             number && found != std::end(kSettings)) {
    collection.out.add(collection.families[found->metric], *number);
  }
}

void read_config(const Reply& reply, Collection& collection) {
  for_each_pair(reply, [&](std::string_view key, const Reply& value) {
    read_setting(key, value.string(), collection);
    if (!collection.options.config) return;
    add_setting(key, value.string(), Metric::kConfigKeyValue, Metric::kConfigValue,
                collection.options.config_redact, collection);
  });
}

StandingAnswers::Question question_of(const CollectOptions& options) {
  return {
      .command = options.config_command, .all = options.config, .dump_file = options.rdb_file_size};
}

void keep_settings(const Reply& reply, StandingAnswers::Question question, Collection& collection) {
  StandingAnswers::Settings settings;
  bool fits = reply.elements.size() <= 2 * kMostKept;
  for_each_pair(reply, [&](std::string_view key, const Reply& value) {
    fits = fits && key.size() <= kLongestKept && value.string().size() <= kLongestKept;
    if (fits) settings.emplace_back(key, value.string());
  });
  if (!fits) return;
  collection.server.standing.keep(std::move(settings), std::move(question),
                                  collection.server.commands, collection.now);
}

std::vector<std::string> wanted_names(const ServerFacts& server, const CollectOptions& options) {
  std::vector<std::string> names = {"databases", "client-output-buffer-limit"};
  for (const Setting& setting : kSettings) {
    if (setting.name.starts_with("commandlog-") && server.valkey_number < kCommandlog) continue;
    names.emplace_back(setting.name);
  }
  if (options.rdb_file_size) {
    names.emplace_back("dir");
    names.emplace_back("dbfilename");
  }
  return names;
}

void ask_settings(const ServerFacts& server, const CollectOptions& options,
                  std::vector<Request>& out) {
  const std::string& command = options.config_command;
  if (command == "-") return;
  if (options.config) {
    out.push_back({"config", {command, "GET", "*"}, read_config});
    return;
  }
  std::vector<std::string> names = wanted_names(server, options);
  if (server.version_number >= kSeveralNames && !server.dragonfly) {
    names.insert(names.begin(), {command, "GET"});
    if (options.latency) names.emplace_back(StandingAnswers::kMonitorThreshold);
    out.push_back({"config", std::move(names),
                   [question = question_of(options)](const Reply& reply, Collection& into) {
                     read_config(reply, into);
                     keep_settings(reply, question, into);
                   }});
    return;
  }
  for (std::string& name : names) {
    out.push_back({"config", {command, "GET", std::move(name)}, read_config});
  }
}

}  // namespace

void add_setting(std::string_view key, std::string_view value, Metric key_value, Metric number,
                 bool redact, Collection& collection) {
  if (redact && holds_secret(key)) return;
  collection.out.add(collection.families[key_value], 1, {{"key", key}, {"value", value}});
  if (const auto parsed = parse_number(value)) {
    collection.out.add(collection.families[number], *parsed, {{"key", key}});
  }
}

void plan_config(const ServerFacts& server, const CollectOptions& options,
                 std::vector<Request>& out) {
  if (server.standing.has_settings(question_of(options))) return;
  ask_settings(server, options, out);
}

void follow_standing_answers(Collection& collection) {
  StandingAnswers& standing = collection.server.standing;
  const StandingAnswers::Question question = question_of(collection.options);
  const bool has_settings = standing.has_settings(question);
  const bool has_no_events = standing.has_no_latency_events();
  if (!standing.follow(collection.server.commands, question, collection.now)) {
    collection.server.slowlog_length.reset();
    if (has_settings) ask_settings(collection.server, collection.options, collection.follow_up);
    if (has_no_events) plan_latency_events(collection.options, collection.follow_up);
    return;
  }
  if (has_settings) {
    for (const auto& [key, value] : standing.settings()) read_setting(key, value, collection);
  }
  if (has_no_events && collection.recording != nullptr) collection.recording->latency_was_read();
}

void finish_dump_file(Collection& collection) {
  const ServerFacts& server = collection.server;
  if (!collection.options.rdb_file_size || server.dump_dir.empty() || server.dump_file.empty()) {
    return;
  }
  std::error_code error;
  const auto size =
      std::filesystem::file_size(std::filesystem::path(server.dump_dir) / server.dump_file, error);
  if (error) return;
  collection.out.add(collection.families[Metric::kRdbCurrentSize], static_cast<double>(size));
}

}  // namespace hitwatch::redis
