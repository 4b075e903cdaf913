// Alerts and silences as Alertmanager's API writes them: to the end of a text, for there may be
// hundreds of thousands. Times are in UTC, with milliseconds.
#pragma once

#include <cstdint>
#include <string>

#include "agent/notify/dispatcher.h"
#include "agent/notify/json_text.h"
#include "agent/notify/silences.h"

namespace hitwatch::notify {

// `ends_otherwise` is shown of an alert that has no end: clients expect one, later than now.
void append_shown_alert(std::string& out, const Dispatcher::AlertView& view,
                        std::int64_t ends_otherwise);
void append_shown_silence(std::string& out, const Silence& silence, std::int64_t now);

// A member with a time: `2026-08-20T10:00:00.000Z`.
void append_shown_time(JsonObject& object, std::string_view name, std::int64_t time);

// Begins the next entry of a list that began with `[`.
void begin_entry(std::string& list);

}  // namespace hitwatch::notify
