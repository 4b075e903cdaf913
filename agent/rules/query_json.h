// Results of queries as Prometheus' HTTP API writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rules/promql/engine.h"
#include "rules/window/label_set.h"

namespace hitwatch::rules {

// Appends a JSON string; bytes that are no UTF-8 become U+FFFD, and <, > and & escapes.
void append_json_string(std::string& out, std::string_view text);
// `1435781430.781`: seconds, without trailing zeros.
void append_json_time(std::string& out, std::int64_t milliseconds);
// `{"__name__":"up","job":"redis"}`
void append_json_labels(std::string& out, const window::LabelSet& labels);

// The answer to a query: `{"status":"success","data":{"resultType":…,"result":…},"warnings":[…]}`.
// `time` is that of the evaluation, in milliseconds. At most `limit` series (0: all), of which a
// warning tells.
std::string query_answer(const promql::Result& result, std::int64_t time, std::size_t limit);

}  // namespace hitwatch::rules
