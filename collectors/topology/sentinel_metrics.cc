#include "collectors/topology/sentinel_metrics.h"

#include <utility>

#include "collectors/topology/source_labels.h"

namespace hitwatch::topology {
namespace {

using metrics::Description;
using prometheus::MetricFamily;
using enum metrics::Type;

constexpr std::string_view kSentinelNeeds = "targets with sentinel";

constexpr Description kAgreedMaster = {
    .name = "redis_sentinel_agreed_master",
    .type = kGauge,
    .help = "The server that most sentinels name as master; always 1.",
    .labels = "master_name, master_address",
    .needs = kSentinelNeeds,
    .ours = true};
constexpr Description kSentinelDisagreement = {
    .name = "redis_sentinel_disagreement",
    .type = kGauge,
    .help = "Sentinels that name another master than most do.",
    .labels = "master_name",
    .needs = kSentinelNeeds,
    .ours = true};
constexpr Description kFailovers = {
    .name = "redis_sentinel_failovers_total",
    .type = kCounter,
    .help = "Times that most sentinels came to name another master than before.",
    .labels = "master_name",
    .needs = kSentinelNeeds,
    .ours = true};
constexpr Description kSentinelEvents = {
    .name = "redis_sentinel_events_total",
    .type = kCounter,
    .help = "Messages that sentinels published, by channel; those of each sentinel count.",
    .labels = "event",
    .needs = kSentinelNeeds,
    .ours = true};
constexpr Description kSubscribed = {
    .name = "redis_sentinel_subscribed",
    .type = kGauge,
    .help = "1 while the sentinel's messages are listened to; 0: it is asked every second instead.",
    .labels = "sentinel",
    .needs = kSentinelNeeds,
    .ours = true};

prometheus::ClientMetric& add_labelled(MetricFamily& family, double value,
                                       const metrics::Labels& labels,
                                       std::vector<prometheus::ClientMetric::Label> own) {
  prometheus::ClientMetric& metric = metrics::add_sample(family, value);
  metric.label = std::move(own);
  add_labels_unless_taken(metric, labels);
  return metric;
}

}  // namespace

std::vector<MetricFamily> sentinel_metrics(const SentinelFigures& figures,
                                           const metrics::Labels& labels) {
  MetricFamily agreed = metrics::family_of(kAgreedMaster);
  MetricFamily dissent = metrics::family_of(kSentinelDisagreement);
  MetricFamily failovers = metrics::family_of(kFailovers);
  for (const SentinelFigures::Master& master : figures.masters) {
    add_labelled(agreed, 1, labels,
                 {{"master_name", master.name}, {"master_address", master.address}});
    add_labelled(dissent, static_cast<double>(master.dissent), labels,
                 {{"master_name", master.name}});
    add_labelled(failovers, static_cast<double>(master.failovers), labels,
                 {{"master_name", master.name}});
  }
  MetricFamily events = metrics::family_of(kSentinelEvents);
  for (const auto& [channel, count] : figures.messages) {
    add_labelled(events, static_cast<double>(count), labels, {{"event", std::string(channel)}});
  }
  MetricFamily subscribed = metrics::family_of(kSubscribed);
  for (const auto& [sentinel, is] : figures.subscribed) {
    add_labelled(subscribed, is ? 1 : 0, labels, {{"sentinel", sentinel}});
  }
  std::vector<MetricFamily> families;
  for (MetricFamily* family : {&agreed, &dissent, &failovers, &events, &subscribed}) {
    if (!family->metric.empty()) families.push_back(std::move(*family));
  }
  return families;
}

std::vector<Description> sentinel_descriptions() {
  return {kAgreedMaster, kSentinelDisagreement, kFailovers, kSentinelEvents, kSubscribed};
}

}  // namespace hitwatch::topology
