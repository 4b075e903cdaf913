#include "agent/notify/figures.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace hitwatch::notify {
namespace {

using metrics::Description;
using enum metrics::Type;

constexpr std::string_view kDestinationLabels = "receiver, integration, index";

double number(std::uint64_t value) { return static_cast<double>(value); }

// A family of one value for each element of a list.
template <typename Element>
struct Column {
  Description about;
  double (*value)(const Element&, const Figures&);
};

constexpr Column<Outbox::Counters> kDestinationColumns[] = {
    {{"hitwatch_notifications_sent_total", kCounter, "Messages that a receiver has accepted.",
      kDestinationLabels},
     [](const Outbox::Counters& one, const Figures&) { return number(one.sent); }},
    {{"hitwatch_notifications_failed_attempts_total", kCounter,
      "Attempts to send a message that were not accepted.", kDestinationLabels},
     [](const Outbox::Counters& one, const Figures&) { return number(one.failed_attempts); }},
    {{"hitwatch_notifications_dead_total", kCounter,
      "Messages that were given up: refused for good, too old, or without a receiver.",
      kDestinationLabels},
     [](const Outbox::Counters& one, const Figures&) { return number(one.dead); }},
    {{"hitwatch_notifications_dead", kGauge, "Messages that were given up and can be sent again.",
      kDestinationLabels},
     [](const Outbox::Counters& one, const Figures&) { return number(one.dead_now); }},
    {{"hitwatch_notifications_pending", kGauge, "Messages that wait to be accepted.",
      kDestinationLabels},
     [](const Outbox::Counters& one, const Figures&) { return number(one.pending); }},
    {{"hitwatch_notifications_oldest_pending_seconds", kGauge,
      "Age of the oldest message that waits; 0 if none does.", kDestinationLabels},
     [](const Outbox::Counters& one, const Figures& figures) {
       return one.oldest == 0
                  ? 0.0
                  : static_cast<double>(std::max<std::int64_t>(0, figures.time - one.oldest)) /
                        1000;
     }},
};

constexpr Column<PeerFigures> kPeerColumns[] = {
    {{"hitwatch_alertmanager_alerts_sent_total", kCounter,
      "Alerts that an Alertmanager was told of.", "alertmanager", "notify.alertmanagers"},
     [](const PeerFigures& one, const Figures&) { return number(one.sent); }},
    {{"hitwatch_alertmanager_requests_failed_total", kCounter,
      "Requests to an Alertmanager that were not accepted.", "alertmanager",
      "notify.alertmanagers"},
     [](const PeerFigures& one, const Figures&) { return number(one.failed); }},
};

constexpr metrics::FigureRow<Figures> kOwnRows[] = {
    {{"hitwatch_notify_alerts", kGauge, "Alerts that receivers are or were just told of."},
     [](const Figures& figures) { return number(figures.alerts); }},
    {{"hitwatch_notify_changes_waiting", kGauge,
      "Changes of alerts that are not in a message yet."},
     [](const Figures& figures) { return number(figures.changes_waiting); }},
    {{"hitwatch_notify_changes_collapsed_total", kCounter,
      "Changes of alerts that were replaced by later ones because too many waited."},
     [](const Figures& figures) { return number(figures.changes_collapsed); }},
    {{"hitwatch_notify_alerts_dropped_total", kCounter, "Alerts for which there was no room."},
     [](const Figures& figures) { return number(figures.alerts_dropped); }},
    {{"hitwatch_notify_alerts_truncated_total", kCounter,
      "Alerts that a message did not name because of max_alerts."},
     [](const Figures& figures) { return number(figures.alerts_truncated); }},
    {{"hitwatch_notify_template_failures_total", kCounter,
      "Messages that went out plain because a template failed."},
     [](const Figures& figures) { return number(figures.template_failures); }},
    {{"hitwatch_silences_active", kGauge, "Silences that hold now."},
     [](const Figures& figures) { return number(figures.silences_active); }},
    {{"hitwatch_notify_state_unreadable", kGauge,
      "Entries of the file of notifications that could not be read at the start."},
     [](const Figures& figures) { return number(figures.unreadable); }},
    {{"hitwatch_notify_state_writes_total", kCounter,
      "Transactions that were written to the file of notifications."},
     [](const Figures& figures) { return number(figures.writes); }},
    {{"hitwatch_notify_state_behind", kGauge,
      "Whether the file of notifications lacks something, because of an error."},
     [](const Figures& figures) { return figures.behind ? 1.0 : 0.0; }},
    {{"hitwatch_notify_state_set_aside_total", kCounter,
      "Files of notifications that could not be used and were set aside."},
     [](const Figures& figures) { return number(figures.set_asides); }},
};

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
    prometheus::MetricFamily family = metrics::family_of(column.about);
    for (const Element& element : elements) {
      metrics::add_sample(family, column.value(element, figures)).label = labels_of(element);
    }
    families.push_back(std::move(family));
  }
}

}  // namespace

std::vector<prometheus::MetricFamily> notification_metrics(const Figures& figures) {
  std::vector<prometheus::MetricFamily> families;
  add_columns(families, kDestinationColumns, figures.destinations, figures);
  add_columns(families, kPeerColumns, figures.alertmanagers, figures);
  metrics::add_figures(families, kOwnRows, figures);
  return families;
}

std::vector<Description> notification_descriptions() {
  std::vector<Description> all;
  metrics::describe(all, kDestinationColumns);
  metrics::describe(all, kPeerColumns);
  metrics::describe(all, kOwnRows);
  return all;
}

}  // namespace hitwatch::notify
