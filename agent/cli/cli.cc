#include "agent/cli/cli.h"

#include <fmt/core.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/cli/check_health.h"
#include "agent/cli/check_rules.h"
#include "agent/cli/classify.h"
#include "agent/cli/default_url.h"
#include "agent/cli/exporter_flags.h"
#include "agent/cli/keys_command.h"
#include "agent/cli/notify_command.h"
#include "agent/cli/query_command.h"
#include "agent/cli/sink_command.h"
#include "agent/cli/tap_command.h"
#include "agent/cli/test_promql.h"
#include "agent/cli/test_rules.h"
#include "agent/cli/top_command.h"
#include "agent/config/config.h"
#include "agent/config/json_schema.h"
#include "agent/config/keys_section.h"
#include "agent/config/notify_section.h"
#include "agent/config/shard.h"
#include "agent/config/traces_environment.h"
#include "agent/config/traces_settings.h"
#include "agent/daemon.h"
#include "agent/notify/notice_templates.h"
#include "agent/notify/text_check.h"
#include "agent/rules/load.h"
#include "agent/sharding.h"
#include "agent/version.h"
#include "agent/web/server.h"

namespace hitwatch::cli {
namespace {

using Faults = std::vector<config::Fault>;

constexpr int kSuccess = 0;
constexpr int kFailure = 1;
constexpr int kUsage = 2;

const std::map<std::string, config::LogLevel> kLogLevels{{"debug", config::LogLevel::kDebug},
                                                         {"info", config::LogLevel::kInfo},
                                                         {"warn", config::LogLevel::kWarn},
                                                         {"error", config::LogLevel::kError}};

void print_faults(const Faults& faults) {
  for (const config::Fault& fault : faults) {
    fmt::print(stderr, "{}\n", config::to_string(fault));
  }
}

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

// What `hitwatch run` was given.
struct RunArguments {
  std::string config_file;
  std::vector<std::string> urls;
  std::string listen_address;
  std::optional<config::LogLevel> log_level;
  std::string webhook;
  std::string otlp;
  std::string shard;
};

Faults one_fault(std::string file, std::string text) {
  return {config::Fault{std::move(file), 0, 0, std::move(text)}};
}

std::expected<config::Config, Faults> load(const RunArguments& arguments) {
  const config::TracesEnvironment traces = config::read_traces_environment(environment);
  config::Config config;
  config.traces = traces.settings;
  if (!arguments.config_file.empty()) {
    auto loaded = config::load_file(arguments.config_file, traces.settings);
    if (!loaded) return loaded;
    config = *std::move(loaded);
  }
  config.warnings = traces.warnings;
  std::vector<std::pair<std::string, std::string>> urls;
  for (const std::string& url : arguments.urls) urls.emplace_back("command line", url);
  if (urls.empty() && !config.targets_given) urls.push_back(default_url(environment));
  for (const auto& [origin, url] : urls) {
    auto target = config::target_from_url(url);
    if (!target) return std::unexpected(one_fault(origin, target.error()));
    target->origin = origin;
    const auto same = std::ranges::find(config.targets, target->name(), &redis::Target::name);
    if (same != config.targets.end()) {
      return std::unexpected(one_fault(origin, target->name() + " is named twice"));
    }
    config.targets.push_back(*std::move(target));
  }
  if (!arguments.listen_address.empty()) config.web.listen_address = arguments.listen_address;
  if (arguments.log_level) config.log.level = *arguments.log_level;
  if (!arguments.webhook.empty()) {
    const auto used = config::use_webhook(config.notify, arguments.webhook, "command line");
    if (!used) return std::unexpected(one_fault("--webhook", used.error()));
  }
  if (!arguments.shard.empty()) {
    const auto shard = config::parse_shard(arguments.shard);
    if (!shard) return std::unexpected(one_fault("--shard", shard.error()));
    config.shard = *shard;
  }
  if (!arguments.otlp.empty()) {
    const auto used = config::use_otlp(config.traces, arguments.otlp);
    if (!used) return std::unexpected(one_fault("--otlp", used.error()));
  }
  if (traces.disabled) config.traces.endpoint.clear();
  return config;
}

// Every target has a connection and every scraper one: take what the system allows.
void raise_descriptor_limit() {
  rlimit limits{};
  if (getrlimit(RLIMIT_NOFILE, &limits) != 0) return;
  limits.rlim_cur = limits.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limits);
}

int serve(config::Config config, Daemon::Load load_again) {
  raise_descriptor_limit();
  Daemon daemon(std::move(config), std::move(load_again));
  const auto result = daemon.run();
  if (!result) {
    fmt::print(stderr, "hitwatch: {}\n", result.error());
    return kFailure;
  }
  return kSuccess;
}

int print_version() {
  fmt::print("hitwatch {} ({})\n", kVersion, kCompiler);
  return kSuccess;
}

int run(const RunArguments& arguments) {
  auto config = load(arguments);
  if (!config) {
    print_faults(config.error());
    return kFailure;
  }
  return serve(*std::move(config), [arguments] { return load(arguments); });
}

// What is wrong in the target lists that a configuration names. Of duplicates it warns: the daemon
// leaves them out.
Faults check_target_lists(const config::Config& config) {
  Faults faults;
  for (const config::TargetFiles& files : config.target_files) {
    for (const std::string& path : config::expand_glob(files.glob)) {
      const auto list = config::load_target_list(path);
      if (!list) {
        faults.insert(faults.end(), list.error().begin(), list.error().end());
        continue;
      }
      for (const config::Fault& duplicate : list->duplicates) {
        fmt::print(stderr, "warning: {}\n", config::to_string(duplicate));
      }
    }
  }
  return faults;
}

// What is wrong in the templates of notifications.
Faults check_notice_templates(const std::string& file, const notify::Settings& settings) {
  const auto templates = notify::NoticeTemplates::load(settings.template_files);
  if (!templates) return one_fault("notify.templates", templates.error());
  Faults faults;
  for (std::string& text : notify::wrong_texts(settings, **templates)) {
    faults.push_back(config::Fault{file, 0, 0, std::move(text)});
  }
  return faults;
}

// Whether spans are sent, as a daemon with this file and this environment would do.
void report_traces(const trace::Settings& settings, const config::TracesEnvironment& environment) {
  for (const std::string& warning : environment.warnings) {
    fmt::print(stderr, "warning: {}\n", warning);
  }
  if (settings.endpoint.empty()) return;
  fmt::print("{}\n", environment.disabled
                         ? "no traces: the variable OTEL_SDK_DISABLED switches them off"
                         : config::describe_traces(settings));
}

// How many of the targets that are named a daemon with this file watches.
void report_shard(const config::Config& config) {
  std::map<std::string, bool> is_ours;
  const auto note = [&](const redis::Target& target) {
    is_ours.emplace(target.name(), belongs_to(target, config.shard));
  };
  std::ranges::for_each(config.targets, note);
  for (const config::TargetFiles& files : config.target_files) {
    for (const std::string& path : config::expand_glob(files.glob)) {
      const auto list = config::load_target_list(path);
      if (list) std::ranges::for_each(list->targets, note);
    }
  }
  const auto ours = std::ranges::count(is_ours, true, &std::pair<const std::string, bool>::second);
  const bool discovers = !config.sentinels.empty() || !config.clusters.empty();
  fmt::print("shard {}: {} of the {} targets that are named{}\n", config::shard_text(config.shard),
             ours, is_ours.size(), discovers ? ", beside those that are found" : "");
}

int check_config(const std::string& file) {
  const config::TracesEnvironment traces = config::read_traces_environment(environment);
  const auto config = config::load_file(file, traces.settings);
  if (!config) {
    print_faults(config.error());
    return kFailure;
  }
  Faults faults = check_target_lists(*config);
  if (!config->web.config_file.empty()) {
    const auto checked = web::check_web_config(config->web.config_file);
    if (!checked) faults.insert(faults.end(), checked.error().begin(), checked.error().end());
  }
  const Faults of_notices = check_notice_templates(file, config->notify);
  faults.insert(faults.end(), of_notices.begin(), of_notices.end());
  const auto rules = rules::load_rules(config->rules);
  if (!rules) faults.insert(faults.end(), rules.error().begin(), rules.error().end());
  if (!faults.empty()) {
    print_faults(faults);
    return kFailure;
  }
  for (const std::string& warning : config::key_warnings(config->keys)) {
    fmt::print(stderr, "warning: {}\n", warning);
  }
  std::size_t rule_count = 0;
  for (const alerting::GroupSpec& group : *rules) rule_count += group.rules.size();
  const auto counted = [](std::size_t count, std::string_view one, std::string_view several) {
    return fmt::format("{} {}", count, count == 1 ? one : several);
  };
  std::string parts = counted(config->targets.size(), "target", "targets");
  if (const std::size_t sets = config->sentinels.size(); sets > 0) {
    parts += ", " + counted(sets, "set of sentinels", "sets of sentinels");
  }
  if (const std::size_t clusters = config->clusters.size(); clusters > 0) {
    parts += ", " + counted(clusters, "cluster", "clusters");
  }
  fmt::print("{}: valid, {}, {} and {}\n", file, parts,
             counted(config->target_files.size(), "target list", "target lists"),
             counted(rule_count, "rule", "rules"));
  if (config->shard.count > 1) report_shard(*config);
  report_traces(config->traces, traces);
  return kSuccess;
}

std::expected<config::Config, std::string> load_exporter(
    const std::vector<std::string>& arguments) {
  auto config = parse_exporter_flags(arguments, environment);
  if (!config) return config;
  config::TracesEnvironment traces = config::read_traces_environment(environment);
  config->traces = std::move(traces.settings);
  config->warnings = std::move(traces.warnings);
  if (traces.disabled) config->traces.endpoint.clear();
  return config;
}

int exporter(const std::vector<std::string>& arguments) {
  switch (exporter_request(arguments)) {
    case ExporterRequest::kHelp:
      fmt::print("{}", exporter_help());
      return kSuccess;
    case ExporterRequest::kVersion:
      return print_version();
    case ExporterRequest::kRun:
      break;
  }
  auto config = load_exporter(arguments);
  if (!config) {
    fmt::print(stderr, "hitwatch exporter: {}\n", config.error());
    return kUsage;
  }
  return serve(*std::move(config), [arguments]() -> std::expected<config::Config, Faults> {
    auto again = load_exporter(arguments);
    if (!again) return std::unexpected(one_fault("flags", again.error()));
    return *std::move(again);
  });
}

// Where the user and password of a URL stand in an argument: from `first` to before `second`.
std::pair<std::size_t, std::size_t> credentials_in(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == text.npos) return {0, 0};
  if (const auto scheme = text.find("://"); scheme < at) return {scheme + 3, at};
  // Without a scheme it may as well be the name of a file.
  const std::size_t begin = text.starts_with('-') ? text.substr(0, at).find('=') + 1 : 0;
  const bool has_password = text.substr(begin, at - begin).find(':') != text.npos;
  return has_password && text[begin] != '/' ? std::pair{begin, at} : std::pair{begin, begin};
}

// Overwrites what looks like a password in the arguments themselves.
void hide_passwords(std::span<char*> arguments) {
  // Of a webhook's URL the path often is the password.
  constexpr std::string_view kFlags[] = {"redis.password", "secret", "webhook"};
  bool next_is_secret = false;
  for (char* argument : arguments) {
    const std::string_view text(argument);
    const std::string_view flag = text.substr(std::min(text.find_first_not_of('-'), text.size()));
    const bool is_flag =
        flag.size() < text.size() &&
        std::ranges::find(kFlags, flag.substr(0, flag.find('='))) != std::end(kFlags);
    auto [begin, end] = credentials_in(text);
    if (next_is_secret) {
      begin = 0;
      end = text.size();
    } else if (is_flag && flag.contains('=')) {
      begin = text.find('=') + 1;
      end = text.size();
    }
    next_is_secret = !next_is_secret && is_flag && !flag.contains('=');
    std::memset(argument + begin, '*', end - begin);
  }
}

// A text about the arguments, with those of them that were overwritten as they read now.
std::string without_passwords(std::string text, const std::vector<std::string>& arguments,
                              std::span<char*> overwritten) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == overwritten[i]) continue;
    for (auto at = text.find(arguments[i]); at != text.npos; at = text.find(arguments[i])) {
      text.replace(at, arguments[i].size(), overwritten[i]);
    }
  }
  return text;
}

int usage_error(const CLI::App& app, const std::string& text) {
  fmt::print(stderr, "hitwatch: {}\n\n{}", text, app.help());
  return kUsage;
}

constexpr std::string_view kCommands[] = {"run",  "exporter", "check", "classify",
                                          "keys", "notify",   "query", "sink",
                                          "tap",  "test",     "top",   "version"};

constexpr const char* kProgramExamples = R"(
Examples:
  hitwatch run                                   watch redis://localhost:6379, serve on :9121
  hitwatch run redis://cache-1 redis://cache-2   watch two servers
  hitwatch run --config /etc/hitwatch/hitwatch.yaml
  hitwatch check config hitwatch.yaml            say what is wrong with a configuration
  hitwatch check rules rules/*.yaml              say what is wrong with rules
  hitwatch check health                          say whether a daemon answers
  hitwatch test rules tests/*_test.yaml          run unit tests of rules
  hitwatch classify --config hitwatch.yaml KEY   say tenant and type of a key
  hitwatch keys redis://cache-1                  keys and memory by type and tenant
  hitwatch top                                   hits, misses and latencies per tenant, live
  hitwatch tap                                   what is asked of servers, heard on the wire
  hitwatch query 'redis_up == 0'                 evaluate PromQL in a running daemon
  hitwatch notify test --config hitwatch.yaml    send a test alert to its receivers
  hitwatch sink                                  receive webhooks and spans, and show them
  hitwatch exporter --redis.addr=redis://db:6379 take redis_exporter's flags and variables
)";

constexpr const char* kRunExamples = R"(
Without a URL and without targets in the configuration, REDIS_URL is watched, else
REDIS_CONNECTION_STRING, else redis://localhost:6379. With 'targets: []' there, none is.

Examples:
  hitwatch run rediss://cache.example:6380
  hitwatch run --web.listen-address 127.0.0.1:9121 redis://localhost:6379 unix:///run/redis.sock
  REDIS_URL=redis://cache-1:6379 hitwatch run
  hitwatch run --config /etc/hitwatch/hitwatch.yaml
)";

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::span<char*> overwritten(argv + 1, arguments.size());
  hide_passwords(overwritten);
  // These flags have a syntax of their own (Go's), not CLI11's.
  if (!arguments.empty() && arguments.front() == "exporter") {
    return exporter({arguments.begin() + 1, arguments.end()});
  }

  CLI::App app("Watches Redis caches: metrics, health and what went wrong.", "hitwatch");
  app.footer(kProgramExamples);
  app.require_subcommand(1);

  RunArguments run_arguments;
  CLI::App* run_command = app.add_subcommand("run", "Watch servers and serve what was seen");
  run_command->footer(kRunExamples);
  run_command->add_option("--config", run_arguments.config_file, "Configuration file (YAML)");
  run_command->add_option("--web.listen-address", run_arguments.listen_address,
                          "Where to serve HTTP, over the configuration (0.0.0.0:9121)");
  run_command
      ->add_option("--log.level", run_arguments.log_level,
                   "debug, info, warn or error, over the configuration")
      ->transform(CLI::CheckedTransformer(kLogLevels).description(""));
  run_command->add_option("--webhook", run_arguments.webhook,
                          "Where to send alerts, in place of the configuration's receivers");
  run_command->add_option("--otlp", run_arguments.otlp,
                          "Where to send spans: the base URL of an OpenTelemetry collector");
  run_command->add_option("--shard", run_arguments.shard,
                          "Which part of the targets to watch: 2/5, or pod/5 by the host's name");
  run_command->add_option("URL", run_arguments.urls,
                          "Servers to watch, beside the configuration's");

  app.add_subcommand("exporter", "Stand in for redis_exporter: its flags, its variables");

  CLI::App* check = app.add_subcommand("check", "Check files, or a running daemon");
  check->require_subcommand(1);
  std::string file;
  CLI::App* check_config_command = check->add_subcommand("config", "Check a configuration file");
  check_config_command->add_option("FILE", file, "Configuration file (YAML)");
  bool prints_schema = false;
  check_config_command->add_flag("--schema", prints_schema,
                                 "Print the JSON Schema of configurations instead, for editors");
  check_config_command->parse_complete_callback([&] {
    if (file.empty() && !prints_schema) throw CLI::RequiredError("FILE");
  });
  check_config_command->footer("\nExample:\n  hitwatch check config /etc/hitwatch/hitwatch.yaml\n");

  CheckHealthOptions check_health_options;
  const CLI::App* check_health_command = add_check_health_command(*check, check_health_options);

  CheckRulesOptions check_rules_options;
  const CLI::App* check_rules_command = add_check_rules_command(*check, check_rules_options);

  ClassifyOptions classify_options;
  const CLI::App* classify_command = add_classify_command(app, classify_options);

  KeysOptions keys_options;
  const CLI::App* keys_command = add_keys_command(app, keys_options);

  CLI::App* test = app.add_subcommand("test", "Run tests of rules and of their language");
  test->require_subcommand(1);
  TestPromqlOptions test_promql_options;
  const CLI::App* test_promql_command = add_test_promql_command(*test, test_promql_options);
  TestRulesOptions test_rules_options;
  const CLI::App* test_rules_command = add_test_rules_command(*test, test_rules_options);

  NotifyOptions notify_options;
  CLI::App* notify = app.add_subcommand("notify", "Try and explain notifications");
  const NotifyCommands notify_commands = add_notify_commands(*notify, notify_options);

  QueryOptions query_options;
  const CLI::App* query_command = add_query_command(app, query_options);

  SinkOptions sink_options;
  const CLI::App* sink_command = add_sink_command(app, sink_options);

  TapOptions tap_options;
  const CLI::App* tap_command = add_tap_command(app, tap_options);

  TopOptions top_options;
  const CLI::App* top_command = add_top_command(app, top_options);

  CLI::App* version = app.add_subcommand("version", "Print the version");

  // CLI11 would only say that a subcommand is missing.
  if (!arguments.empty() && !arguments.front().starts_with('-') &&
      std::ranges::find(kCommands, arguments.front()) == std::end(kCommands)) {
    return usage_error(app, fmt::format("unknown command '{}'", overwritten.front()));
  }
  // CLI11 gives what follows "--" to the wrong command; only keys are likely to begin with a dash.
  const bool takes_keys = !arguments.empty() && arguments.front() == "classify";
  const auto dashes = takes_keys ? std::ranges::find(arguments, "--") : arguments.end();
  try {
    std::vector<std::string> reversed(std::make_reverse_iterator(dashes), arguments.rend());
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return usage_error(app, without_passwords(error.what(), arguments, overwritten));
  }
  if (version->parsed()) return print_version();
  if (classify_command->parsed()) {
    if (dashes != arguments.end()) {
      classify_options.keys.insert(classify_options.keys.end(), dashes + 1, arguments.end());
    }
    return classify(classify_options);
  }
  if (keys_command->parsed()) return run_keys(keys_options);
  if (test_promql_command->parsed()) return test_promql(test_promql_options);
  if (test_rules_command->parsed()) return test_rules(test_rules_options);
  if (check_health_command->parsed()) return check_health(check_health_options);
  if (check_rules_command->parsed()) return check_rules(check_rules_options);
  if (notify->parsed()) return run_notify(notify_commands, notify_options);
  if (query_command->parsed()) return run_query(query_options);
  if (sink_command->parsed()) return run_sink(sink_options);
  if (tap_command->parsed()) return run_tap(tap_options);
  if (top_command->parsed()) return top(top_options);
  if (prints_schema) {
    fmt::print("{}", config::json_schema());
    return kSuccess;
  }
  if (check_config_command->parsed()) return check_config(file);
  return run(run_arguments);
}

}  // namespace hitwatch::cli
