// Which receivers are told of an alert, and why: the tree of routes with what matched.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "agent/metrics/labels.h"
#include "agent/notify/settings.h"

namespace hitwatch::cli {

// `LABEL=VALUE` each, sorted by name; labels without a value are left out, as they are of alerts.
// The error is a sentence.
std::expected<metrics::Labels, std::string> parse_alert_labels(std::span<const std::string> texts);

// The tree: a line for each node with its matchers, its place and whether it takes the alert; below
// those that send it, to whom and how. Then the inhibit rules that have the alert as their target.
// Time intervals are looked at as of `now`.
std::string routes_text(const notify::Settings& settings, const metrics::Labels& labels,
                        std::int64_t now);

// The routes that send the alert, in order, as one JSON object.
std::string routes_json(const notify::Settings& settings, const metrics::Labels& labels,
                        std::int64_t now);

}  // namespace hitwatch::cli
