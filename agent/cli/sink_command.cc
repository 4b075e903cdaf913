#include "agent/cli/sink_command.h"

#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <future>
#include <utility>

#include "agent/cli/sink_text.h"
#include "agent/cli/terminal_output.h"
#include "agent/net/duration.h"
#include "agent/net/listen_address.h"
#include "agent/notify/webhook_signature.h"

namespace hitwatch::cli {
namespace {

constexpr std::size_t kMaxMessage = 16U << 20;
constexpr std::size_t kMostConnections = 64;
constexpr std::chrono::milliseconds kLongestDelay{3'600'000};

constexpr const char* kSinkExamples = R"(
Receives webhooks of hitwatch and Alertmanager, messages for Slack and PagerDuty, alerts at
/api/v2/alerts as Prometheus sends them, and spans at /v1/traces as OpenTelemetry sends them (OTLP
over HTTP); any other body is shown as it is. To see what a daemon does when its receiver is in
trouble, let the sink fail: the messages come again, under the same id.

Examples:
  hitwatch sink
  hitwatch sink --listen 127.0.0.1:0 --json --count 10 | jq .body
  hitwatch sink --fail 3 --status 503 --retry-after 5
  hitwatch sink --status 400
  hitwatch sink --delay 20s
  hitwatch sink --listen 127.0.0.1:4318          and: hitwatch run --otlp http://127.0.0.1:4318
  hitwatch sink --secret-file /etc/hitwatch/signing-secret
)";

int sink_failure(std::string_view text) {
  fmt::print(stderr, "hitwatch sink: {}\n", text);
  return 1;
}

void set_delay(SinkOptions& options, const std::string& text) {
  const auto delay = net::parse_duration(text);
  if (!delay) throw CLI::ValidationError("--delay", "'" + text + "' is " + delay.error());
  if (*delay > kLongestDelay) throw CLI::ValidationError("--delay", "must be at most 1h");
  options.plan.delay = *delay;
}

// The key of signatures, "" without a secret.
std::expected<std::string, std::string> signing_key(const net::SecretSource& source) {
  if (source.empty()) return "";
  const auto secret = net::read_secret(source);
  if (!secret) return std::unexpected(secret.error().text);
  auto key = notify::webhook_key(*secret);
  if (!key) return std::unexpected(key.error());
  return key;
}

// The address with the port that was found.
std::string shown_url(const std::string& listen, std::uint16_t port) {
  std::string host = listen.substr(0, listen.rfind(':'));
  if (host.empty()) host = "localhost";
  return fmt::format("http://{}:{}/", host, port);
}

// Waits until what the server's thread was given before is done.
void drain(web::Server& server) {
  std::promise<void> drained;
  server.post([&drained] { drained.set_value(); });
  drained.get_future().wait();
}

}  // namespace

CLI::App* add_sink_command(CLI::App& app, SinkOptions& options) {
  CLI::App* command = app.add_subcommand("sink", "Receive webhooks and spans, and show them");
  command->footer(kSinkExamples);
  command->add_option("--listen", options.listen, "Where to listen; port 0 picks a free one")
      ->capture_default_str();
  command->add_option("--fail", options.plan.failures, "Fail the first so many messages")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--status", options.plan.status,
                   "With this status (500); without --fail, every message")
      ->check(CLI::Range(200, 599));
  command
      ->add_option("--retry-after", options.plan.retry_after, "Seconds to say in answers that fail")
      ->check(CLI::NonNegativeNumber);
  command->add_option_function<std::string>(
      "--delay", [&options](const std::string& text) { set_delay(options, text); },
      "Time to wait before each answer, such as 2s");
  CLI::Option* secret = command->add_option("--secret", options.secret.literal,
                                            "Verify signatures (Standard Webhooks) with it");
  command->add_option("--secret-file", options.secret.file, "The same, from a file")
      ->excludes(secret);
  command->add_option("--count", options.plan.count, "End after so many messages")
      ->check(CLI::PositiveNumber);
  command->add_flag("--json", options.json, "Print each message as a line of JSON");
  command->callback([command, &options] {
    options.plan.always_fail = command->count("--status") > 0 && command->count("--fail") == 0;
  });
  return command;
}

int run_sink(const SinkOptions& options) {
  SinkPlan plan = options.plan;
  auto key = signing_key(options.secret);
  if (!key) return sink_failure(key.error());
  plan.key = *std::move(key);

  int code = 0;
  boost::asio::io_context context;
  const auto show = [&](const SinkMessage& message) {
    if (write_all(STDOUT_FILENO, options.json ? sink_json(message) : sink_text(message))) {
      return true;
    }
    code = sink_failure(fmt::format("cannot write: {}", std::strerror(errno)));
    return false;
  };
  Sink sink(context, std::move(plan), {.show = show, .done = [&context] { context.stop(); }});
  boost::asio::signal_set signals(context, SIGINT, SIGTERM);
  signals.async_wait([&context](const boost::system::error_code& error, int) {
    if (!error) context.stop();
  });
  auto server = web::Server::start({.listen_address = options.listen,
                                    .max_body = kMaxMessage,
                                    .max_connections = kMostConnections},
                                   sink.handler());
  if (!server) return sink_failure(server.error());
  fmt::print(stderr, "hitwatch sink: listening on {}\n",
             shown_url(options.listen, (*server)->port()));
  const auto work = boost::asio::make_work_guard(context);
  context.run();
  drain(**server);
  return code;
}

}  // namespace hitwatch::cli
