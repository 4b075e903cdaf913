#include "agent/cli/cli.h"

#include <fmt/core.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/cli/exporter_flags.h"
#include "agent/config/config.h"
#include "agent/daemon.h"
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

constexpr std::string_view kDefaultUrl = "redis://localhost:6379";

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
};

Faults one_fault(std::string file, std::string text) {
  return {config::Fault{std::move(file), 0, 0, std::move(text)}};
}

// The URLs to watch where neither arguments nor configuration name any.
std::pair<std::string, std::string> default_url() {
  for (const char* name : {"REDIS_URL", "REDIS_CONNECTION_STRING"}) {
    const auto value = environment(name);
    if (value && !value->empty()) return {name, *value};
  }
  return {"default", std::string(kDefaultUrl)};
}

std::expected<config::Config, Faults> load(const RunArguments& arguments) {
  config::Config config;
  if (!arguments.config_file.empty()) {
    auto loaded = config::load_file(arguments.config_file);
    if (!loaded) return loaded;
    config = *std::move(loaded);
  }
  std::vector<std::pair<std::string, std::string>> urls;
  for (const std::string& url : arguments.urls) urls.emplace_back("command line", url);
  if (urls.empty() && config.targets.empty() && config.target_files.empty()) {
    urls.push_back(default_url());
  }
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

int check_config(const std::string& file) {
  const auto config = config::load_file(file);
  if (!config) {
    print_faults(config.error());
    return kFailure;
  }
  if (!config->web.config_file.empty()) {
    if (const auto checked = web::check_web_config(config->web.config_file); !checked) {
      print_faults(checked.error());
      return kFailure;
    }
  }
  fmt::print("{}: valid, {} target{} and {} target list{}\n", file, config->targets.size(),
             config->targets.size() == 1 ? "" : "s", config->target_files.size(),
             config->target_files.size() == 1 ? "" : "s");
  return kSuccess;
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
  auto config = parse_exporter_flags(arguments, environment);
  if (!config) {
    fmt::print(stderr, "hitwatch exporter: {}\n", config.error());
    return kUsage;
  }
  return serve(*std::move(config), [arguments]() -> std::expected<config::Config, Faults> {
    auto again = parse_exporter_flags(arguments, environment);
    if (!again) return std::unexpected(one_fault("flags", again.error()));
    return *std::move(again);
  });
}

// Overwrites what looks like a password in the arguments themselves.
void hide_passwords(std::span<char*> arguments) {
  bool next_is_secret = false;
  for (char* argument : arguments) {
    const std::string_view text(argument);
    std::size_t begin = text.size();
    std::size_t end = text.size();
    const std::string_view flag = text.substr(std::min(text.find_first_not_of('-'), text.size()));
    if (next_is_secret) begin = 0;
    next_is_secret = flag == "redis.password";
    if (flag.starts_with("redis.password=")) begin = text.find('=') + 1;
    if (const auto scheme = text.find("://"); scheme != text.npos && begin == text.size()) {
      const auto at = text.rfind('@');
      if (at != text.npos && at > scheme) {
        begin = scheme + 3;
        end = at;
      }
    }
    if (begin < end) std::memset(argument + begin, '*', end - begin);
  }
}

constexpr const char* kExamples = R"(
Examples:
  hitwatch run                                   watch redis://localhost:6379, serve on :9121
  hitwatch run redis://cache-1 redis://cache-2   watch two servers
  hitwatch run --config /etc/hitwatch/hitwatch.yaml
  hitwatch check config hitwatch.yaml            say what is wrong with a configuration
  hitwatch exporter --redis.addr=redis://db:6379 take redis_exporter's flags and variables
)";

constexpr const char* kRunExamples = R"(
Without a URL and without targets in the configuration, REDIS_URL is watched, else
REDIS_CONNECTION_STRING, else redis://localhost:6379.

Examples:
  hitwatch run rediss://cache.example:6380
  hitwatch run --web.listen-address 127.0.0.1:9121 redis://localhost:6379 unix:///run/redis.sock
  REDIS_URL=redis://cache-1:6379 hitwatch run
  hitwatch run --config /etc/hitwatch/hitwatch.yaml
)";

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  hide_passwords(std::span<char*>(argv + 1, static_cast<std::size_t>(argc - 1)));
  // These flags have a syntax of their own (Go's), not CLI11's.
  if (!arguments.empty() && arguments.front() == "exporter") {
    return exporter({arguments.begin() + 1, arguments.end()});
  }

  CLI::App app("Watches Redis caches: metrics, health and what went wrong.", "hitwatch");
  app.footer(kExamples);
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
  run_command->add_option("URL", run_arguments.urls,
                          "Servers to watch, beside the configuration's");

  app.add_subcommand("exporter", "Stand in for redis_exporter: its flags, its variables");

  CLI::App* check = app.add_subcommand("check", "Check files without running");
  check->require_subcommand(1);
  std::string file;
  CLI::App* check_config_command = check->add_subcommand("config", "Check a configuration file");
  check_config_command->add_option("FILE", file, "Configuration file (YAML)")->required();
  check_config_command->footer("\nExample:\n  hitwatch check config /etc/hitwatch/hitwatch.yaml\n");

  CLI::App* version = app.add_subcommand("version", "Print the version");

  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kSuccess : kUsage;
  }
  if (version->parsed()) return print_version();
  if (check_config_command->parsed()) return check_config(file);
  return run(run_arguments);
}

}  // namespace hitwatch::cli
