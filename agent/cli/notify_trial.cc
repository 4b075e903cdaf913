#include "agent/cli/notify_trial.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <expected>
#include <map>
#include <random>
#include <utility>

#include "agent/cli/terminal_text.h"
#include "agent/net/duration.h"
#include "agent/net/http_client.h"
#include "agent/net/resolver.h"
#include "agent/net/tls.h"
#include "agent/notify/delivery.h"

namespace hitwatch::cli {
namespace {

using Clock = std::chrono::steady_clock;
using notify::Destination;
using notify::Verdict;
using HttpAnswer = std::expected<net::HttpResponse, net::Error>;

constexpr std::chrono::milliseconds kTrialTimeout{30'000};

std::int64_t wall_milliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string trial_id() {
  std::random_device random;
  std::string id = "msg_";
  for (int i = 0; i < 4; ++i) id += fmt::format("{:08x}", random());
  return id;
}

notify::Message trial_message(Destination destination, const notify::Route& route) {
  const std::int64_t now = wall_milliseconds();
  notify::Alert alert;
  alert.labels = trial_labels();
  alert.annotations = {
      {"description", "Somebody ran 'hitwatch notify test' to see whether notifications arrive."},
      {"summary", "A test of notifications: nothing is wrong"}};
  alert.starts_at = now;
  alert.updated_at = now;
  const metrics::Labels group = notify::group_labels(route, alert.labels);
  return {.id = trial_id(),
          .destination = std::move(destination),
          .group_key = notify::group_key(route, group),
          .group_labels = group,
          .alerts = {{.alert = std::move(alert), .firing = true}},
          .reason = notify::Reason::kFirst,
          .created_at = now};
}

HttpAnswer request_once(net::HttpRequest request, std::chrono::milliseconds timeout) {
  boost::asio::io_context context;
  net::Resolver resolver(context.get_executor());
  net::TlsContexts tls_contexts;
  std::optional<HttpAnswer> answer;
  net::http_request(context.get_executor(), resolver, tls_contexts, std::move(request),
                    Clock::now() + timeout, [&](HttpAnswer response) {
                      answer = std::move(response);
                      context.stop();
                    });
  context.run();
  return answer ? *std::move(answer) : std::unexpected(net::Error{});
}

TrialResult try_integration(const notify::Integration& integration, const Destination& destination,
                            const Trial& trial) {
  TrialResult result;
  result.destination = destination;
  auto delivery = notify::render(integration, trial_message(destination, trial.route),
                                 *trial.templates, trial.external_url, wall_milliseconds());
  if (!delivery) {
    result.answer = delivery.error();
    return result;
  }
  result.shown_url = delivery->shown_url;
  result.template_error = delivery->template_error;
  const auto begin = Clock::now();
  const HttpAnswer answer =
      request_once(std::move(delivery->request),
                   delivery->timeout.count() > 0 ? delivery->timeout : kTrialTimeout);
  result.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  const Verdict verdict = notify::judge(integration, answer, wall_milliseconds());
  result.kind = verdict.kind;
  result.retry_after = verdict.retry_after;
  result.answer = answer ? notify::answer_text(integration, *answer) : verdict.reason;
  return result;
}

std::string verdict_words(const TrialResult& result) {
  switch (result.kind) {
    case Verdict::Kind::kAccepted:
      return "accepted";
    case Verdict::Kind::kRefused:
      return "refused";
    case Verdict::Kind::kRetry:
      break;
  }
  if (!result.retry_after) return "would be retried";
  return fmt::format("would be retried in {}", net::format_duration(*result.retry_after));
}

}  // namespace

metrics::Labels trial_labels() { return {{"alertname", "HitwatchTest"}}; }

std::string trial_text(const TrialResult& result) {
  std::string out = result.destination.text();
  if (!result.shown_url.empty()) {
    out += fmt::format(" at {} after {} ms", result.shown_url, result.took.count());
  }
  out += fmt::format(": {}: {}", verdict_words(result), result.answer);
  out = printable(out) + "\n";
  if (!result.template_error.empty()) {
    out += printable(fmt::format("  a template failed: {}", result.template_error)) + "\n";
  }
  return out;
}

void run_trial(const Trial& trial, const std::function<void(const TrialResult&)>& tell) {
  std::map<std::string_view, std::size_t> indices;
  for (const notify::Integration& integration : trial.receiver.integrations) {
    const Destination destination{.receiver = trial.receiver.name,
                                  .integration = std::string(integration.name()),
                                  .index = indices[integration.name()]++};
    tell(try_integration(integration, destination, trial));
  }
}

}  // namespace hitwatch::cli
