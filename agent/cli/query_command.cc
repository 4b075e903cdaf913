#include "agent/cli/query_command.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "agent/cli/daemon_request.h"
#include "agent/cli/query_text.h"
#include "agent/net/percent.h"
#include "rules/promql/parser.h"

namespace hitwatch::cli {
namespace {

constexpr std::chrono::seconds kTimeout{35};
constexpr std::size_t kMaxBody = 256U << 20;

constexpr const char* kQueryExamples = R"(
PromQL over the last hour of what the daemon has seen (web.query_api, rules.window). Times are
seconds since the epoch or like 2026-08-20T10:00:00Z, steps like 15s.

Examples:
  hitwatch query 'redis_up == 0'
  hitwatch query 'sum by (source, type) (rate(cache_misses_total[5m]))'
  hitwatch query --start 1792000000 --end 1792003600 --step 1m 'redis_connected_clients'
)";

// One form field; nothing for an empty value.
void add_field(std::string& form, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (!form.empty()) form += '&';
  form += fmt::format("{}={}", name, net::percent_encode(value));
}

DaemonRequest request_of(const QueryOptions& options) {
  DaemonRequest request;
  request.target = options.step.empty() ? "/api/v1/query" : "/api/v1/query_range";
  request.method = "POST";
  request.content_type = "application/x-www-form-urlencoded";
  add_field(request.body, "query", options.expr);
  add_field(request.body, "time", options.time);
  add_field(request.body, "start", options.start);
  add_field(request.body, "end", options.end);
  add_field(request.body, "step", options.step);
  request.timeout = kTimeout;
  request.max_body = kMaxBody;
  return request;
}

int fail(const std::string& text) {
  fmt::print(stderr, "hitwatch query: {}\n", text);
  return 1;
}

}  // namespace

CLI::App* add_query_command(CLI::App& app, QueryOptions& options) {
  CLI::App* command = app.add_subcommand("query", "Evaluate PromQL in a running daemon");
  command->footer(kQueryExamples);
  add_daemon_url_option(*command, options.url);
  command->add_option("--time", options.time, "When to evaluate (now)");
  CLI::Option* start = command->add_option("--start", options.start, "Begin of a range");
  CLI::Option* end = command->add_option("--end", options.end, "End of a range");
  CLI::Option* step = command->add_option("--step", options.step, "Time between its points");
  start->needs(end)->needs(step);
  end->needs(start);
  step->needs(start);
  command->add_flag("--json", options.json, "Print the answer as it came");
  command->add_option("EXPR", options.expr, "The expression")->required();
  return command;
}

int run_query(const QueryOptions& options) {
  // Said here, with a caret, rather than by the daemon.
  if (const auto parsed = promql::parse(options.expr); !parsed) {
    return fail(promql::describe_with_caret(parsed.error(), options.expr));
  }
  const auto answer = ask_daemon(options.url, request_of(options));
  if (!answer) return fail(answer.error());
  if (answer->status == 404) {
    return fail(options.url.text +
                " has no query API: is it hitwatch, and web.query_api not switched off?");
  }
  const auto text = query_text(answer->body);
  if (!text) return fail(text.error());
  if (options.json) {
    fmt::print("{}", answer->body);
    return 0;
  }
  fmt::print("{}", text->result);
  if (!text->notes.empty()) fmt::print(stderr, "{}", text->notes);
  return 0;
}

}  // namespace hitwatch::cli
