#include "agent/notify/figures.h"

#include <algorithm>
#include <cstddef>

namespace hitwatch::notify {
namespace {

constexpr auto kCounter = prometheus::MetricType::Counter;
constexpr auto kGauge = prometheus::MetricType::Gauge;

double number(std::uint64_t value) { return static_cast<double>(value); }

// A family of one value for each element of a list.
template <typename Element>
struct Column {
  const char* name;
  const char* help;
  prometheus::MetricType type;
  double (*value)(const Element&, const Figures&);
};

constexpr Column<Outbox::Counters> kDestinationColumns[] = {
    {"hitwatch_notifications_sent_total", "Messages that a receiver has accepted.", kCounter,
     [](const Outbox::Counters& one, const Figures&) { return number(one.sent); }},
    {"hitwatch_notifications_failed_attempts_total",
     "Attempts to send a message that were not accepted.", kCounter,
     [](const Outbox::Counters& one, const Figures&) { return number(one.failed_attempts); }},
    {"hitwatch_notifications_dead_total",
     "Messages that were given up: refused for good, too old, or without a receiver.", kCounter,
     [](const Outbox::Counters& one, const Figures&) { return number(one.dead); }},
    {"hitwatch_notifications_dead", "Messages that were given up and can be sent again.", kGauge,
     [](const Outbox::Counters& one, const Figures&) { return number(one.dead_now); }},
    {"hitwatch_notifications_pending", "Messages that wait to be accepted.", kGauge,
     [](const Outbox::Counters& one, const Figures&) { return number(one.pending); }},
    {"hitwatch_notifications_oldest_pending_seconds",
     "Age of the oldest message that waits; 0 if none does.", kGauge,
     [](const Outbox::Counters& one, const Figures& figures) {
       return one.oldest == 0
                  ? 0.0
                  : static_cast<double>(std::max<std::int64_t>(0, figures.time - one.oldest)) /
                        1000;
     }},
};

constexpr Column<PeerFigures> kPeerColumns[] = {
    {"hitwatch_alertmanager_alerts_sent_total", "Alerts that an Alertmanager was told of.",
     kCounter, [](const PeerFigures& one, const Figures&) { return number(one.sent); }},
    {"hitwatch_alertmanager_requests_failed_total",
     "Requests to an Alertmanager that were not accepted.", kCounter,
     [](const PeerFigures& one, const Figures&) { return number(one.failed); }},
};

struct OwnRow {
  const char* name;
  const char* help;
  prometheus::MetricType type;
  double (*value)(const Figures&);
};

constexpr OwnRow kOwnRows[] = {
    {"hitwatch_notify_alerts", "Alerts that receivers are or were just told of.", kGauge,
     [](const Figures& figures) { return number(figures.alerts); }},
    {"hitwatch_notify_changes_waiting", "Changes of alerts that are not in a message yet.", kGauge,
     [](const Figures& figures) { return number(figures.changes_waiting); }},
    {"hitwatch_notify_changes_collapsed_total",
     "Changes of alerts that were replaced by later ones because too many waited.", kCounter,
     [](const Figures& figures) { return number(figures.changes_collapsed); }},
    {"hitwatch_notify_alerts_dropped_total", "Alerts for which there was no room.", kCounter,
     [](const Figures& figures) { return number(figures.alerts_dropped); }},
    {"hitwatch_notify_alerts_truncated_total",
     "Alerts that a message did not name because of max_alerts.", kCounter,
     [](const Figures& figures) { return number(figures.alerts_truncated); }},
    {"hitwatch_notify_template_failures_total",
     "Messages that went out plain because a template failed.", kCounter,
     [](const Figures& figures) { return number(figures.template_failures); }},
    {"hitwatch_silences_active", "Silences that hold now.", kGauge,
     [](const Figures& figures) { return number(figures.silences_active); }},
    {"hitwatch_notify_state_unreadable",
     "Entries of the file of notifications that could not be read at the start.", kGauge,
     [](const Figures& figures) { return number(figures.unreadable); }},
    {"hitwatch_notify_state_writes_total",
     "Transactions that were written to the file of notifications.", kCounter,
     [](const Figures& figures) { return number(figures.writes); }},
    {"hitwatch_notify_state_behind",
     "Whether the file of notifications lacks something, because of an error.", kGauge,
     [](const Figures& figures) { return figures.behind ? 1.0 : 0.0; }},
    {"hitwatch_notify_state_set_aside_total",
     "Files of notifications that could not be used and were set aside.", kCounter,
     [](const Figures& figures) { return number(figures.set_asides); }},
};

prometheus::MetricFamily named(const char* name, const char* help, prometheus::MetricType type) {
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  return family;
}

prometheus::ClientMetric& add_value(prometheus::MetricFamily& family, double value) {
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  if (family.type == kCounter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return metric;
}

std::vector<prometheus::ClientMetric::Label> labels_of(const Outbox::Counters& one) {
  return {{"receiver", one.destination.receiver},
          {"integration", one.destination.integration},
          {"index", std::to_string(one.destination.index)}};
}

std::vector<prometheus::ClientMetric::Label> labels_of(const PeerFigures& one) {
  return {{"alertmanager", one.address}};
}

template <typename Element, std::size_t Count>
void add_columns(std::vector<prometheus::MetricFamily>& families,
                 const Column<Element> (&columns)[Count], const std::vector<Element>& elements,
                 const Figures& figures) {
  for (const Column<Element>& column : columns) {
    prometheus::MetricFamily family = named(column.name, column.help, column.type);
    for (const Element& element : elements) {
      add_value(family, column.value(element, figures)).label = labels_of(element);
    }
    families.push_back(std::move(family));
  }
}

}  // namespace

std::vector<prometheus::MetricFamily> notification_metrics(const Figures& figures) {
  std::vector<prometheus::MetricFamily> families;
  add_columns(families, kDestinationColumns, figures.destinations, figures);
  add_columns(families, kPeerColumns, figures.alertmanagers, figures);
  for (const OwnRow& row : kOwnRows) {
    prometheus::MetricFamily family = named(row.name, row.help, row.type);
    add_value(family, row.value(figures));
    families.push_back(std::move(family));
  }
  return families;
}

}  // namespace hitwatch::notify
