#include "agent/notify/settings.h"

#include <algorithm>

namespace hitwatch::notify {
namespace {

template <typename T>
const T* find_named(const std::vector<T>& all, std::string_view name) {
  const auto found = std::ranges::find(all, name, &T::name);
  return found == all.end() ? nullptr : &*found;
}

struct IntegrationName {
  std::string_view operator()(const WebhookSettings&) const { return "webhook"; }
  std::string_view operator()(const SlackSettings&) const { return "slack"; }
  std::string_view operator()(const PagerDutySettings&) const { return "pagerduty"; }
};

}  // namespace

std::string_view Integration::name() const { return std::visit(IntegrationName(), kind); }

const Receiver* Settings::receiver(std::string_view name) const {
  return find_named(receivers, name);
}

const TimeInterval* Settings::time_interval(std::string_view name) const {
  return find_named(time_intervals, name);
}

}  // namespace hitwatch::notify
