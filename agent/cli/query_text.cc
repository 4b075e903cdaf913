#include "agent/cli/query_text.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "agent/cli/terminal_text.h"

namespace hitwatch::cli {
namespace {

using nlohmann::ordered_json;

// `name{label="value"}`
std::string metric_text(const ordered_json& metric) {
  std::string name;
  std::string labels;
  for (const auto& [label, value] : metric.items()) {
    if (label == "__name__") {
      name = value.get<std::string>();
      continue;
    }
    if (!labels.empty()) labels += ", ";
    labels += label + "=" + ordered_json(value.get<std::string>()).dump();
  }
  if (labels.empty() && !name.empty()) return printable(name);
  return printable(name + "{" + labels + "}");
}

// `1 @[1435781430.781]`
std::string point_text(const ordered_json& point) {
  return printable(point.at(1).get<std::string>()) + " @[" + point.at(0).dump() + "]";
}

std::string result_text(const ordered_json& data) {
  const std::string type = data.at("resultType");
  const ordered_json& result = data.at("result");
  if (type == "scalar" || type == "string") return point_text(result) + "\n";
  std::string out;
  for (const ordered_json& series : result) {
    const std::string metric = metric_text(series.at("metric"));
    if (type == "vector") {
      out += metric + " => " + point_text(series.at("value")) + "\n";
      continue;
    }
    out += metric + " =>\n";
    for (const ordered_json& point : series.at("values")) out += point_text(point) + "\n";
  }
  return out;
}

std::string notes_text(const ordered_json& answer) {
  std::string out;
  for (const char* key : {"warnings", "infos"}) {
    const auto notes = answer.find(key);
    if (notes == answer.end()) continue;
    for (const ordered_json& note : *notes) out += printable(note.get<std::string>()) + "\n";
  }
  return out;
}

}  // namespace

std::expected<QueryText, std::string> query_text(std::string_view body) {
  try {
    const ordered_json answer = ordered_json::parse(body);
    if (answer.at("status") != "success") {
      return std::unexpected(printable(answer.at("error").get<std::string>()));
    }
    return QueryText{.result = result_text(answer.at("data")), .notes = notes_text(answer)};
  } catch (const ordered_json::exception&) {
    return std::unexpected("the answer is none of the query API's");
  }
}

}  // namespace hitwatch::cli
