// Alerts and silences as Alertmanager's API writes them. Times are in UTC, with milliseconds.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "agent/notify/dispatcher.h"
#include "agent/notify/silences.h"

namespace hitwatch::notify {

nlohmann::ordered_json shown_labels(const metrics::Labels& labels);
// `ends_otherwise` is shown of an alert that has no end: clients expect one, later than now.
nlohmann::ordered_json shown_alert(const Dispatcher::AlertView& view, std::int64_t ends_otherwise);
nlohmann::ordered_json shown_silence(const Silence& silence, std::int64_t now);

// What is no UTF-8 becomes U+FFFD. Long lists are made entry by entry, not as one tree.
void append_json(std::string& out, const nlohmann::ordered_json& json);

}  // namespace hitwatch::notify
