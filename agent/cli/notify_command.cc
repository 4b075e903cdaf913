#include "agent/cli/notify_command.h"

#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <expected>
#include <filesystem>
#include <string_view>
#include <utility>

#include "agent/cli/daemon_request.h"
#include "agent/cli/notify_queue.h"
#include "agent/cli/notify_routes.h"
#include "agent/cli/notify_trial.h"
#include "agent/cli/service_config.h"
#include "agent/cli/terminal_output.h"
#include "agent/cli/terminal_text.h"
#include "agent/config/config.h"
#include "agent/config/notify_section.h"
#include "agent/net/percent.h"

namespace hitwatch::cli {
namespace {

constexpr const char* kTestExamples = R"(
Sends an alert HitwatchTest straight from the configuration, without a daemon, and says what became
of it. Exits with 0 only if all that were told have accepted it.

Examples:
  hitwatch notify test --config hitwatch.yaml
  hitwatch notify test --receiver team-cache
  hitwatch notify test --webhook http://127.0.0.1:9099/
)";

constexpr const char* kRoutesExamples = R"(
Example:
  hitwatch notify routes --config hitwatch.yaml alertname=RedisDown severity=critical
)";

constexpr const char* kResendExamples = R"(
What was given up goes to the end of the queue, under the id that it has.

Examples:
  hitwatch notify dead
  hitwatch notify resend msg_2f9c1b
  hitwatch notify resend --all
)";

int notify_failure(std::string_view text) {
  fmt::print(stderr, "hitwatch notify: {}\n", text);
  return 1;
}

std::int64_t now_milliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::expected<config::Config, std::string> load_notify_config(std::string file) {
  if (file.empty()) {
    std::error_code ignored;
    if (!std::filesystem::exists(kServiceConfig, ignored)) {
      return std::unexpected(
          fmt::format("there is no {}: name a configuration that has receivers with --config FILE",
                      kServiceConfig));
    }
    file = kServiceConfig;
  }
  auto config = config::load_file(file);
  if (!config) return std::unexpected(yaml::to_string(config.error()));
  if (config->notify.receivers.empty()) {
    return std::unexpected(file + " has no receivers: add some under notify");
  }
  return *std::move(config);
}

// What `notify test` works from.
std::expected<config::Config, std::string> config_of_test(const NotifyOptions& options) {
  if (options.webhook.empty()) return load_notify_config(options.config_file);
  config::Config config;
  if (!options.config_file.empty()) {
    auto loaded = config::load_file(options.config_file);
    if (!loaded) return std::unexpected(yaml::to_string(loaded.error()));
    config = *std::move(loaded);
  }
  const auto used = config::use_webhook(config.notify, options.webhook, "--webhook");
  if (!used) return std::unexpected("--webhook: " + used.error());
  return config;
}

// The routes by whose receivers the test alert is sent, each receiver once.
std::expected<std::vector<const notify::Route*>, std::string> routes_of_test(
    const notify::Settings& settings, const std::string& receiver) {
  if (!receiver.empty()) {
    if (settings.receiver(receiver) == nullptr) {
      return std::unexpected(fmt::format("there is no receiver '{}'", receiver));
    }
    return std::vector{&settings.route};
  }
  std::vector<const notify::Route*> routes;
  for (const notify::Route* route : notify::match_routes(settings.route, trial_labels())) {
    const bool is_there = std::ranges::find(routes, route->receiver, [](const auto* known) {
                            return known->receiver;
                          }) != routes.end();
    if (!is_there) routes.push_back(route);
  }
  return routes;
}

int run_notify_test(const NotifyOptions& options) {
  const auto config = config_of_test(options);
  if (!config) return notify_failure(config.error());
  const notify::Settings& settings = config->notify;
  const auto routes = routes_of_test(settings, options.receiver);
  if (!routes) return notify_failure(routes.error());
  const auto templates = notify::NoticeTemplates::load(settings.template_files);
  if (!templates) return notify_failure(templates.error());
  std::size_t tried = 0;
  std::size_t accepted = 0;
  for (const notify::Route* route : *routes) {
    const std::string& name = options.receiver.empty() ? route->receiver : options.receiver;
    const notify::Receiver* receiver = settings.receiver(name);
    if (receiver == nullptr) continue;
    if (receiver->integrations.empty()) fmt::print("{}: tells nobody\n", name);
    run_trial({.receiver = *receiver,
               .route = *route,
               .templates = *templates,
               .external_url = config->rules.external_url},
              [&](const TrialResult& result) {
                ++tried;
                if (result.kind == notify::Verdict::Kind::kAccepted) ++accepted;
                fmt::print("{}", trial_text(result));
                std::fflush(stdout);
              });
  }
  return tried > 0 && accepted == tried ? 0 : 1;
}

int run_notify_routes(const NotifyOptions& options) {
  auto labels = parse_alert_labels(options.labels);
  if (!labels) return notify_failure(labels.error());
  const auto config = load_notify_config(options.config_file);
  if (!config) return notify_failure(config.error());
  notify::complete(*labels, config->rules.external_labels);
  fmt::print("{}", options.json ? routes_json(config->notify, *labels, now_milliseconds())
                                : routes_text(config->notify, *labels, now_milliseconds()));
  return 0;
}

std::expected<net::HttpResponse, std::string> ask_for_list(const DaemonUrl& url,
                                                           std::string_view state) {
  auto answer = ask_daemon(url, {.target = fmt::format("/api/v1/notifications?state={}", state)});
  if (answer && answer->status == 404) {
    return std::unexpected(
        url.text + " has no notifications: is it hitwatch, and is notify configured there?");
  }
  return answer;
}

int print_list(const NotifyOptions& options, bool dead) {
  const auto answer =
      dead ? ask_for_list(options.dead_url, "dead") : ask_for_list(options.pending_url, "pending");
  if (!answer) return notify_failure(answer.error());
  const auto list = parse_notifications(answer->body);
  if (!list) return notify_failure(list.error());
  if (options.json) {
    fmt::print("{}", answer->body);
    return 0;
  }
  const auto width = terminal_columns(STDOUT_FILENO);
  fmt::print("{}", dead ? dead_table(*list, now_milliseconds(), width)
                        : pending_table(*list, now_milliseconds(), width));
  return 0;
}

// Whether it goes out again; says so, or why not.
bool resend(const DaemonUrl& url, const std::string& id) {
  const auto answer = ask_daemon(
      url, {.target = fmt::format("/api/v1/notifications/{}/resend", net::percent_encode(id)),
            .method = "POST"});
  const std::string problem =
      !answer ? answer.error() : resend_problem(answer->status, answer->body);
  if (problem.empty()) {
    fmt::print("{}: goes out again\n", printable(id));
    return true;
  }
  notify_failure(fmt::format("{}: {}", printable(id), problem));
  return false;
}

int resend_all(const DaemonUrl& url) {
  const auto answer = ask_daemon(url, {.target = "/api/v1/notifications/resend", .method = "POST"});
  if (!answer) return notify_failure(answer.error());
  if (const std::string problem = resend_problem(answer->status, answer->body); !problem.empty()) {
    return notify_failure(problem);
  }
  const auto result = parse_resent(answer->body);
  if (!result) return notify_failure(result.error());
  if (result->resent + result->refused == 0) fmt::print("Nothing was given up.\n");
  if (result->resent > 0) fmt::print("{} go out again\n", result->resent);
  if (result->refused == 0) return 0;
  return notify_failure(fmt::format("{} cannot be sent: {}", result->refused, result->error));
}

int run_resend(const NotifyOptions& options) {
  if (options.all) return resend_all(options.resend_url);
  bool all_sent = true;
  for (const std::string& id : options.ids) all_sent = resend(options.resend_url, id) && all_sent;
  return all_sent ? 0 : 1;
}

const CLI::App* add_list_command(CLI::App& notify, NotifyOptions& options, DaemonUrl& url,
                                 const char* name, const char* description) {
  CLI::App* command = notify.add_subcommand(name, description);
  add_daemon_url_option(*command, url);
  command->add_flag("--json", options.json, "Print the answer as it came");
  return command;
}

void add_config_option(CLI::App& command, NotifyOptions& options) {
  command.add_option("--config", options.config_file,
                     fmt::format("Configuration file (YAML), default {}", kServiceConfig));
}

const CLI::App* add_resend_command(CLI::App& notify, NotifyOptions& options) {
  CLI::App* command = notify.add_subcommand("resend", "Send again what was given up");
  command->footer(kResendExamples);
  add_daemon_url_option(*command, options.resend_url);
  CLI::Option* all = command->add_flag("--all", options.all, "All that was given up");
  CLI::Option* ids = command->add_option("ID", options.ids, "Ids of notifications");
  ids->excludes(all);
  command->callback([&options] {
    if (!options.all && options.ids.empty()) {
      throw CLI::ValidationError("resend", "an ID or --all is needed");
    }
  });
  return command;
}

}  // namespace

NotifyCommands add_notify_commands(CLI::App& notify, NotifyOptions& options) {
  notify.require_subcommand(1);

  CLI::App* test = notify.add_subcommand("test", "Send a test alert to receivers");
  test->footer(kTestExamples);
  add_config_option(*test, options);
  CLI::Option* receiver =
      test->add_option("--receiver", options.receiver, "Who; otherwise whom the alert reaches");
  test->add_option("--webhook", options.webhook, "This URL instead of a receiver")
      ->excludes(receiver);

  CLI::App* routes = notify.add_subcommand("routes", "Say whom an alert reaches, and why");
  routes->footer(kRoutesExamples);
  add_config_option(*routes, options);
  routes->add_flag("--json", options.json, "Print one JSON object");
  routes->add_option("LABEL=VALUE", options.labels, "Labels of the alert");

  return {
      .test = test,
      .routes = routes,
      .pending = add_list_command(notify, options, options.pending_url, "pending",
                                  "List what waits for delivery"),
      .dead = add_list_command(notify, options, options.dead_url, "dead", "List what was given up"),
      .resend = add_resend_command(notify, options)};
}

int run_notify(const NotifyCommands& commands, const NotifyOptions& options) {
  if (commands.test->parsed()) return run_notify_test(options);
  if (commands.routes->parsed()) return run_notify_routes(options);
  if (commands.resend->parsed()) return run_resend(options);
  return print_list(options, commands.dead->parsed());
}

}  // namespace hitwatch::cli
