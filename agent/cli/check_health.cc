#include "agent/cli/check_health.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <string_view>

#include "agent/cli/daemon_request.h"
#include "agent/cli/terminal_text.h"

namespace hitwatch::cli {
namespace {

constexpr int kStatusOk = 200;

constexpr const char* kHealthExamples = R"(
Examples:
  hitwatch check health
  hitwatch check health --ready --url https://monitor:secret@cache-watch.example:9121
)";

// What stands in the first line, if it can be shown.
std::string first_line_of(std::string_view body) {
  constexpr std::size_t kMost = 200;
  return printable(body.substr(0, std::min(body.find('\n'), kMost)));
}

}  // namespace

CLI::App* add_check_health_command(CLI::App& check, CheckHealthOptions& options) {
  CLI::App* command = check.add_subcommand("health", "Ask a running daemon whether it is well");
  command->footer(kHealthExamples);
  add_daemon_url_option(*command, options.url);
  command->add_flag("--ready", options.ready, "Also whether every server was polled once");
  return command;
}

int check_health(const CheckHealthOptions& options) {
  const DaemonRequest request{.target = options.ready ? "/-/ready" : "/-/healthy"};
  const auto answer = ask_daemon(options.url, request);
  if (!answer) {
    fmt::print(stderr, "hitwatch check health: {}\n", answer.error());
    return 1;
  }
  const std::string said = first_line_of(answer->body);
  if (answer->status != kStatusOk) {
    fmt::print(stderr, "hitwatch check health: {} answers {}: {}\n", options.url.text,
               answer->status, said);
    return 1;
  }
  fmt::print("{}\n", said);
  return 0;
}

}  // namespace hitwatch::cli
