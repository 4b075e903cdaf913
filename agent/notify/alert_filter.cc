#include "agent/notify/alert_filter.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "agent/net/http_words.h"

namespace hitwatch::notify {
namespace {

// The last one counts; what is empty is not given. Other words than these are a no.
bool read_flag(const web::Request& request, std::string_view name) {
  constexpr auto kYes = std::to_array<std::string_view>(
      {"true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled"});
  std::string_view value;
  for (const web::Header& parameter : request.query) {
    if (parameter.name == name) value = parameter.value;
  }
  return value.empty() || std::ranges::any_of(kYes, [&](std::string_view yes) {
           return net::equal_ignoring_case(value, yes);
         });
}

}  // namespace

std::expected<Matchers, std::string> read_filters(const web::Request& request) {
  constexpr std::size_t kMost = 100;
  Matchers matchers;
  for (const web::Header& parameter : request.query) {
    if (parameter.name != "filter") continue;
    if (matchers.size() == kMost) {
      return std::unexpected(fmt::format("there are more than {} filters", kMost));
    }
    auto matcher = parse_matcher(parameter.value);
    if (!matcher) return std::unexpected("bad filter: " + matcher.error());
    matchers.push_back(*std::move(matcher));
  }
  return matchers;
}

std::expected<AlertFilter, std::string> AlertFilter::read(const web::Request& request) {
  AlertFilter filter;
  auto matchers = read_filters(request);
  if (!matchers) return std::unexpected(std::move(matchers.error()));
  filter.matchers_ = *std::move(matchers);
  const std::string* receiver = request.parameter("receiver");
  if (receiver != nullptr && !receiver->empty()) {
    auto matcher = Matcher::make(Matcher::Kind::kMatches, "receiver", *receiver);
    if (!matcher) return std::unexpected("bad receiver: " + matcher.error());
    filter.receiver_ = *std::move(matcher);
  }
  filter.active_ = read_flag(request, "active");
  filter.silenced_ = read_flag(request, "silenced");
  filter.inhibited_ = read_flag(request, "inhibited");
  filter.muted_ = read_flag(request, "muted");
  return filter;
}

bool AlertFilter::wants(const Dispatcher::AlertView& view, std::int64_t now) const {
  if (view.alert->resolved(now)) return false;
  if (!active_ && !view.muted.any()) return false;
  if (!silenced_ && !view.muted.silenced_by.empty()) return false;
  if (!inhibited_ && !view.muted.inhibited_by.empty()) return false;
  if (!muted_ && !view.muted.muted_by.empty()) return false;
  return match(matchers_, view.alert->labels);
}

bool AlertFilter::wants_receiver(std::string_view receiver) const {
  return !receiver_ || receiver_->matches(receiver);
}

}  // namespace hitwatch::notify
