#include "agent/notify/pagerduty_payload.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <map>

#include "agent/notify/json_text.h"

namespace hitwatch::notify {
namespace {

using Details = std::map<std::string, std::string>;

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, 32> digest{};
  ::EVP_Digest(text.data(), text.size(), digest.data(), nullptr, ::EVP_sha256(), nullptr);
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

std::string known_severity(std::string severity) {
  constexpr auto kKnown = std::to_array<std::string_view>({"critical", "error", "warning", "info"});
  return std::ranges::find(kKnown, severity) != kKnown.end() ? severity : "error";
}

Details filled_details(const PagerDutySettings& settings, NoticeText& text) {
  Details details;
  for (const auto& [name, value] : settings.details) {
    details[name] = text.fill("details." + name, value, text.plain());
  }
  return details;
}

void append_images(JsonObject& event, const PagerDutySettings& settings, NoticeText& text) {
  std::string images;
  for (const auto& each : settings.images) {
    const auto source = text.fill("images.src", each.src);
    if (source.empty()) continue;
    images += images.empty() ? '[' : ',';
    JsonObject image(images);
    image.text("src", source);
    image.text("alt", text.fill("images.alt", each.alt));
    image.text("href", text.fill("images.href", each.href));
    image.close();
  }
  if (!images.empty()) event.key("images") += images + "]";
}

void append_links(JsonObject& event, const PagerDutySettings& settings, NoticeText& text) {
  std::string links;
  for (const auto& each : settings.links) {
    const auto address = text.fill("links.href", each.href);
    if (address.empty()) continue;
    links += links.empty() ? '[' : ',';
    JsonObject link(links);
    link.text("href", address);
    link.text("text", text.fill("links.text", each.text));
    link.close();
  }
  if (!links.empty()) event.key("links") += links + "]";
}

std::string event_with(const Details& details, const PagerDutySettings& settings,
                       std::string_view routing_key, const Notice& notice, NoticeText& text) {
  std::string out;
  JsonObject event(out);
  event.text_if_any("routing_key", routing_key);
  event.text("dedup_key", sha256_hex(notice.message.group_key));
  event.text("event_action", notice.firing ? "trigger" : "resolve");
  JsonObject payload(event.key("payload"));
  payload.text("summary", cut_runes(text.fill("description", settings.description, text.plain()),
                                    kLongestPagerDutySummary));
  payload.text("source", text.fill("source", settings.source, "hitwatch"));
  payload.text("severity", known_severity(text.fill("severity", settings.severity)));
  payload.text_if_any("class", text.fill("class", settings.class_name));
  payload.text_if_any("component", text.fill("component", settings.component));
  payload.text_if_any("group", text.fill("group", settings.group));
  if (!details.empty()) {
    JsonObject custom(payload.key("custom_details"));
    for (const auto& [name, value] : details) custom.text(name, value);
    custom.close();
  }
  payload.close();
  event.text_if_any("client", text.fill("client", settings.client));
  event.text_if_any("client_url", text.fill("client_url", settings.client_url));
  append_images(event, settings, text);
  append_links(event, settings, text);
  event.close();
  return out += '\n';
}

}  // namespace

std::string pagerduty_payload(const PagerDutySettings& settings, std::string_view routing_key,
                              const Notice& notice, NoticeText& text) {
  auto out = event_with(filled_details(settings, text), settings, routing_key, notice, text);
  if (out.size() <= kLargestPagerDutyEvent) return out;
  const auto note =
      fmt::format("left out: with them the event would have {} bytes, PagerDuty takes {}",
                  out.size(), kLargestPagerDutyEvent);
  return event_with({{"details", note}}, settings, routing_key, notice, text);
}

}  // namespace hitwatch::notify
