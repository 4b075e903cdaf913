// What an answer says about a message, and what may be said about the answer.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "agent/net/base64.h"
#include "agent/net/retry_after.h"
#include "agent/net/secret.h"
#include "agent/net/secret_texts.h"
#include "agent/notify/delivery.h"
#include "rules/templates/unicode.h"

namespace hitwatch::notify {
namespace {

constexpr std::size_t kShownAnswer = 200;  // runes

// --- what must not be shown ---

std::string read_or_nothing(const net::SecretSource& source) {
  return net::read_secret(source).value_or("");
}

net::SecretTexts secrets_of(const Integration& integration) {
  net::SecretTexts out;
  if (const auto* webhook = std::get_if<WebhookSettings>(&integration.kind)) {
    out.add_url(read_or_nothing(webhook->url));
    out.add(read_or_nothing(webhook->signing_secret));
  } else if (const auto* slack = std::get_if<SlackSettings>(&integration.kind)) {
    out.add_url(read_or_nothing(slack->api_url));
  } else if (const auto* pagerduty = std::get_if<PagerDutySettings>(&integration.kind)) {
    out.add(read_or_nothing(pagerduty->routing_key));
  }
  const HttpSettings& http = integration.http;
  if (http.basic_auth) {
    const auto& [user, password] = *http.basic_auth;
    out.add_header("Basic " + net::base64_encode(user + ":" + read_or_nothing(password)));
  }
  out.add_header(read_or_nothing(http.authorization));
  for (const auto& [name, source] : http.headers) out.add_header(read_or_nothing(source));
  return out;
}

// --- what is shown ---

// Printable characters, with one space for any number of others.
std::string shown_answer(std::string_view answer, const Integration& integration) {
  const std::string clean = secrets_of(integration).hidden_in(answer);
  std::string out;
  std::size_t count = 0;
  bool gap = false;
  for (std::string_view rest = clean; !rest.empty();) {
    const auto rune = templates::first_rune(rest);
    const auto written = rest.substr(0, rune.size);
    rest.remove_prefix(rune.size);
    if (!rune.valid || !templates::is_printable(rune.code) || templates::is_space(rune.code)) {
      gap = !out.empty();
      continue;
    }
    if (count >= kShownAnswer) return out += "…";
    if (std::exchange(gap, false)) {
      out += ' ';
      ++count;
    }
    out += written;
    ++count;
  }
  return out;
}

// --- Slack, whose 200 may be a refusal ---

// Its words for "not now".
bool slack_says_later(std::string_view error) {
  constexpr auto kLater = std::to_array<std::string_view>(
      {"accesslimited", "fatal_error", "internal_error", "rate_limited", "ratelimited",
       "request_timeout", "rollup_error", "service_unavailable", "team_added_to_org"});
  return std::ranges::find(kLater, error) != kLater.end();
}

std::string_view stripped(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\n";
  const auto start = text.find_first_not_of(kSpaces);
  if (start == std::string_view::npos) return "";
  return text.substr(start, text.find_last_not_of(kSpaces) + 1 - start);
}

// What Slack finds wrong, or nothing.
std::optional<std::string> slack_error(const net::HttpResponse& answer) {
  const auto body = stripped(answer.body);
  if (!body.starts_with('{') && !answer.content_type.starts_with("application/json")) {
    if (body == "ok") return std::nullopt;
    return std::string(body);
  }
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return std::string(body);
  const auto ok = json.find("ok");
  if (ok == json.end() || (ok->is_boolean() && ok->get<bool>())) return std::nullopt;
  const auto error = json.find("error");
  return error != json.end() && error->is_string() ? error->get<std::string>() : std::string(body);
}

Verdict judge_success(const Integration& integration, const net::HttpResponse& answer) {
  if (std::holds_alternative<SlackSettings>(integration.kind)) {
    if (const auto error = slack_error(answer)) {
      return {.kind = slack_says_later(*error) ? Verdict::Kind::kRetry : Verdict::Kind::kRefused,
              .reason = answer_text(integration, answer),
              .retry_after = std::nullopt};
    }
  }
  return {.kind = Verdict::Kind::kAccepted, .reason = "", .retry_after = std::nullopt};
}

// Anything but an error of ours may pass: also a redirection that leads nowhere now.
bool may_pass(int status) {
  if (status < 400 || status >= 500) return true;
  return status == 408 || status == 425 || status == 429;
}

}  // namespace

std::string answer_text(const Integration& integration, const net::HttpResponse& answer) {
  const auto shown = shown_answer(answer.body, integration);
  return fmt::format("HTTP status {}{}{}", answer.status, shown.empty() ? "" : ": ", shown);
}

Verdict judge(const Integration& integration,
              const std::expected<net::HttpResponse, net::Error>& answer, std::int64_t now) {
  if (!answer) {
    return {.kind = Verdict::Kind::kRetry,
            .reason = secrets_of(integration).hidden_in(answer.error().text),
            .retry_after = std::nullopt};
  }
  if (answer->status >= 200 && answer->status < 300) return judge_success(integration, *answer);
  Verdict verdict{
      .kind = may_pass(answer->status) ? Verdict::Kind::kRetry : Verdict::Kind::kRefused,
      .reason = answer_text(integration, *answer),
      .retry_after = std::nullopt};
  if (answer->status == 429 || answer->status == 503) {
    verdict.retry_after = net::parse_retry_after(answer->header("Retry-After"), now);
  }
  return verdict;
}

}  // namespace hitwatch::notify
