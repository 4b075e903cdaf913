#include "agent/notify/text_check.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>
#include <variant>

namespace hitwatch::notify {
namespace {

// A text and the key under which it stands.
using Texts = std::vector<std::pair<std::string, const std::string*>>;

constexpr auto kCheckedSlack =
    std::to_array<std::pair<std::string_view, std::string SlackSettings::*>>(
        {{"channel", &SlackSettings::channel},
         {"username", &SlackSettings::username},
         {"color", &SlackSettings::color},
         {"title", &SlackSettings::title},
         {"title_link", &SlackSettings::title_link},
         {"pretext", &SlackSettings::pretext},
         {"text", &SlackSettings::text},
         {"fallback", &SlackSettings::fallback},
         {"callback_id", &SlackSettings::callback_id},
         {"icon_emoji", &SlackSettings::icon_emoji},
         {"icon_url", &SlackSettings::icon_url},
         {"image_url", &SlackSettings::image_url},
         {"thumb_url", &SlackSettings::thumb_url},
         {"footer", &SlackSettings::footer}});

constexpr auto kCheckedPagerDuty =
    std::to_array<std::pair<std::string_view, std::string PagerDutySettings::*>>(
        {{"client", &PagerDutySettings::client},
         {"client_url", &PagerDutySettings::client_url},
         {"description", &PagerDutySettings::description},
         {"severity", &PagerDutySettings::severity},
         {"source", &PagerDutySettings::source},
         {"class", &PagerDutySettings::class_name},
         {"component", &PagerDutySettings::component},
         {"group", &PagerDutySettings::group}});

void list_texts(const WebhookSettings& webhook, Texts& out) {
  if (webhook.payload) out.emplace_back("payload", &*webhook.payload);
}

void list_texts(const SlackSettings& slack, Texts& out) {
  for (const auto& [key, field] : kCheckedSlack) out.emplace_back(key, &(slack.*field));
  for (std::size_t i = 0; i < slack.fields.size(); ++i) {
    out.emplace_back(fmt::format("fields[{}].title", i), &slack.fields[i].title);
    out.emplace_back(fmt::format("fields[{}].value", i), &slack.fields[i].value);
  }
  for (std::size_t i = 0; i < slack.actions.size(); ++i) {
    const SlackAction& action = slack.actions[i];
    out.emplace_back(fmt::format("actions[{}].text", i), &action.text);
    out.emplace_back(fmt::format("actions[{}].url", i), &action.url);
    out.emplace_back(fmt::format("actions[{}].value", i), &action.value);
  }
}

void list_texts(const PagerDutySettings& pagerduty, Texts& out) {
  for (const auto& [key, field] : kCheckedPagerDuty) out.emplace_back(key, &(pagerduty.*field));
  for (const auto& [name, text] : pagerduty.details) {
    out.emplace_back(fmt::format("details.{}", name), &text);
  }
  for (std::size_t i = 0; i < pagerduty.links.size(); ++i) {
    out.emplace_back(fmt::format("links[{}].href", i), &pagerduty.links[i].href);
    out.emplace_back(fmt::format("links[{}].text", i), &pagerduty.links[i].text);
  }
  for (std::size_t i = 0; i < pagerduty.images.size(); ++i) {
    out.emplace_back(fmt::format("images[{}].src", i), &pagerduty.images[i].src);
    out.emplace_back(fmt::format("images[{}].alt", i), &pagerduty.images[i].alt);
    out.emplace_back(fmt::format("images[{}].href", i), &pagerduty.images[i].href);
  }
}

}  // namespace

std::vector<std::string> wrong_texts(const Settings& settings, const NoticeTemplates& templates) {
  std::vector<std::string> wrong;
  for (const Receiver& receiver : settings.receivers) {
    for (std::size_t i = 0; i < receiver.integrations.size(); ++i) {
      const Integration& integration = receiver.integrations[i];
      std::size_t index = 0;  // among those of the same kind
      for (std::size_t j = 0; j < i; ++j) {
        if (receiver.integrations[j].kind.index() == integration.kind.index()) ++index;
      }
      Texts texts;
      std::visit([&](const auto& kind) { list_texts(kind, texts); }, integration.kind);
      for (const auto& [key, text] : texts) {
        const auto parsed = templates.check(*text);
        if (parsed) continue;
        wrong.push_back(fmt::format("receiver '{}': {}[{}].{}: {}", receiver.name,
                                    integration.name(), index, key, parsed.error()));
      }
    }
  }
  return wrong;
}

}  // namespace hitwatch::notify
