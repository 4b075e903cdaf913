#include "agent/notify/delivery.h"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "agent/net/secret.h"
#include "agent/notify/http_settings.h"
#include "agent/notify/notice.h"
#include "agent/notify/notice_text.h"
#include "agent/notify/pagerduty_payload.h"
#include "agent/notify/slack_payload.h"
#include "agent/notify/webhook_payload.h"
#include "agent/notify/webhook_signature.h"
#include "agent/version.h"

namespace hitwatch::notify {
namespace {

using Failable = std::expected<void, std::string>;

std::expected<std::string, std::string> secret_of(std::string_view setting,
                                                  const net::SecretSource& source) {
  auto secret = net::read_secret(source);
  if (secret) return std::move(*secret);
  return std::unexpected(fmt::format("{}: {}", setting, secret.error().text));
}

// Alertmanager takes templates in some secrets. Why one fails is not told: it would show it.
std::expected<std::string, std::string> filled_secret(std::string_view setting,
                                                      const net::SecretSource& source,
                                                      const Notice& notice,
                                                      const NoticeTemplates& templates,
                                                      std::int64_t now) {
  auto secret = secret_of(setting, source);
  if (!secret || secret->find("{{") == std::string::npos) return secret;
  auto filled = templates.expand(*secret, notice_data(notice), now);
  if (filled) return filled;
  return std::unexpected(fmt::format("{}: its template failed", setting));
}

Failable set_url(Delivery& delivery, std::string_view setting, std::string_view text) {
  auto url = net::parse_http_url(text);
  if (!url) return std::unexpected(fmt::format("{}: {}", setting, url.error()));
  delivery.shown_url = fmt::format("{}://{}", url->tls ? "https" : "http", url->authority());
  delivery.request.url = std::move(*url);
  return {};
}

Failable sign_webhook(Delivery& delivery, const WebhookSettings& webhook, const Message& message,
                      std::int64_t now) {
  const auto seconds = now / 1000;
  set_header(delivery.request, "webhook-id", message.id);
  set_header(delivery.request, "webhook-timestamp", fmt::to_string(seconds));
  if (webhook.signing_secret.empty()) return {};
  const auto secret = secret_of("the signing secret", webhook.signing_secret);
  if (!secret) return std::unexpected(secret.error());
  const auto key = webhook_key(*secret);
  if (!key) return std::unexpected("the signing secret: " + key.error());
  set_header(delivery.request, "webhook-signature",
             sign(*key, message.id, seconds, delivery.request.body));
  return {};
}

// Fills in a request for each kind of integration.
class Renderer {
 public:
  Renderer(const Message& message, const NoticeTemplates& templates,
           const std::string& external_url, std::int64_t now)
      : message_(message), templates_(templates), external_url_(external_url), now_(now) {}

  Failable operator()(const WebhookSettings& webhook) {
    const auto notice = make_notice(message_, external_url_, webhook.max_alerts);
    const auto url = filled_secret("url", webhook.url, notice, templates_, now_);
    if (!url) return std::unexpected(url.error());
    if (auto set = set_url(delivery_, "url", *url); !set) return set;
    if (webhook.payload) {
      NoticeText text(notice, templates_, now_);
      delivery_.request.body = custom_payload(*webhook.payload, notice, text);
      delivery_.template_error = text.error();
    } else {
      delivery_.request.body = webhook_payload(notice);
    }
    delivery_.truncated_alerts = notice.truncated;
    delivery_.timeout = webhook.timeout;
    return sign_webhook(delivery_, webhook, message_, now_);
  }

  Failable operator()(const SlackSettings& slack) {
    const auto notice = make_notice(message_, external_url_);
    const auto url = secret_of("api_url", slack.api_url);
    if (!url) return std::unexpected(url.error());
    if (auto set = set_url(delivery_, "api_url", *url); !set) return set;
    NoticeText text(notice, templates_, now_);
    delivery_.request.body = slack_payload(slack, notice, text);
    delivery_.template_error = text.error();
    return {};
  }

  Failable operator()(const PagerDutySettings& pagerduty) {
    const auto notice = make_notice(message_, external_url_);
    const auto key = filled_secret("routing_key", pagerduty.routing_key, notice, templates_, now_);
    if (!key) return std::unexpected(key.error());
    if (auto set = set_url(delivery_, "url", pagerduty.url); !set) return set;
    NoticeText text(notice, templates_, now_);
    delivery_.request.body = pagerduty_payload(pagerduty, *key, notice, text);
    delivery_.template_error = text.error();
    return {};
  }

  Delivery take() { return std::move(delivery_); }
  Delivery& delivery() { return delivery_; }

 private:
  const Message& message_;
  const NoticeTemplates& templates_;
  const std::string& external_url_;
  std::int64_t now_;
  Delivery delivery_;
};

}  // namespace

std::expected<Delivery, std::string> render(const Integration& integration, const Message& message,
                                            const NoticeTemplates& templates,
                                            const std::string& external_url, std::int64_t now) {
  Renderer renderer(message, templates, external_url, now);
  auto& request = renderer.delivery().request;
  request.method = "POST";
  request.cut_body = true;
  set_header(request, "Content-Type", "application/json");
  set_header(request, "User-Agent", fmt::format("hitwatch/{}", kVersion));
  if (auto rendered = std::visit(renderer, integration.kind); !rendered) {
    return std::unexpected(std::move(rendered.error()));
  }
  if (auto applied = apply(integration.http, request); !applied) {
    return std::unexpected(std::move(applied.error()));
  }
  return renderer.take();
}

}  // namespace hitwatch::notify
