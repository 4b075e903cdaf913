#include "agent/rules/query_json.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "agent/metrics/labels.h"
#include "rules/promql/go_number.h"

namespace hitwatch::rules {
namespace {

// `[1435781430.781,"1"]`
void append_point(std::string& out, const window::Point& point) {
  out += '[';
  append_json_time(out, point.time);
  out += ",\"";
  out += promql::format_json(point.value);
  out += "\"]";
}

void append_escape(std::string& out, char byte) {
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(byte));
  }
}

bool is_plain(unsigned char byte) {
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\' && byte != '<' && byte != '>' &&
         byte != '&';
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    std::size_t length = 1;
    if (is_plain(byte)) {
      out += text.front();
    } else if (byte < 0x80) {
      append_escape(out, text.front());
    } else if (const std::size_t valid = metrics::utf8_length(text); valid > 0) {
      out += text.substr(0, valid);
      length = valid;
    } else {
      out += "\xef\xbf\xbd";
    }
    text.remove_prefix(length);
  }
  out += '"';
}

void append_json_time(std::string& out, std::int64_t milliseconds) {
  if (milliseconds < 0) {
    out += '-';
    milliseconds = -milliseconds;
  }
  out += std::to_string(milliseconds / 1000);
  if (milliseconds % 1000 == 0) return;
  std::string fraction = fmt::format(".{:03}", milliseconds % 1000);
  fraction.resize(fraction.find_last_not_of('0') + 1);
  out += fraction;
}

void append_json_labels(std::string& out, const window::LabelSet& labels) {
  out += '{';
  bool first = true;
  for (const window::LabelPair& label : labels.pairs()) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, *label.name);
    out += ':';
    append_json_string(out, *label.value);
  }
  out += '}';
}

namespace {

void append_vector(std::string& out, const promql::Result& result, std::size_t count) {
  out += '[';
  for (std::size_t i = 0; i < count; ++i) {
    const promql::ResultSeries& series = result.series[i];
    out += i == 0 ? "{\"metric\":" : ",{\"metric\":";
    append_json_labels(out, *series.labels);
    out += ",\"value\":";
    append_point(out, series.points.front());
    out += '}';
  }
  out += ']';
}

void append_matrix(std::string& out, const promql::Result& result, std::size_t count) {
  out += '[';
  for (std::size_t i = 0; i < count; ++i) {
    const promql::ResultSeries& series = result.series[i];
    out += i == 0 ? "{\"metric\":" : ",{\"metric\":";
    append_json_labels(out, *series.labels);
    out += ",\"values\":[";
    for (std::size_t j = 0; j < series.points.size(); ++j) {
      if (j > 0) out += ',';
      append_point(out, series.points[j]);
    }
    out += "]}";
  }
  out += ']';
}

void append_notes(std::string& out, std::string_view key, const std::vector<std::string>& notes) {
  if (notes.empty()) return;
  out += fmt::format(",\"{}\":[", key);
  for (std::size_t i = 0; i < notes.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, notes[i]);
  }
  out += ']';
}

void append_data(std::string& out, const promql::Result& result, std::int64_t time,
                 std::size_t count) {
  switch (result.type) {
    case promql::ValueType::kScalar:
      out += "{\"resultType\":\"scalar\",\"result\":";
      append_point(out, {time, result.scalar});
      break;
    case promql::ValueType::kString:
      out += "{\"resultType\":\"string\",\"result\":[";
      append_json_time(out, time);
      out += ',';
      append_json_string(out, result.text);
      out += ']';
      break;
    case promql::ValueType::kVector:
      out += "{\"resultType\":\"vector\",\"result\":";
      append_vector(out, result, count);
      break;
    case promql::ValueType::kMatrix:
      out += "{\"resultType\":\"matrix\",\"result\":";
      append_matrix(out, result, count);
      break;
  }
  out += '}';
}

}  // namespace

std::string query_answer(const promql::Result& result, std::int64_t time, std::size_t limit) {
  std::size_t count = result.series.size();
  std::vector<std::string> warnings;
  std::vector<std::string> infos;
  for (const promql::Annotation& annotation : result.annotations) {
    (annotation.warning ? warnings : infos).push_back(annotation.text);
  }
  if (limit > 0 && count > limit) {
    count = limit;
    warnings.emplace_back("results truncated due to limit");
  }
  std::string out = "{\"status\":\"success\",\"data\":";
  append_data(out, result, time, count);
  append_notes(out, "warnings", warnings);
  append_notes(out, "infos", infos);
  out += "}\n";
  return out;
}

}  // namespace hitwatch::rules
