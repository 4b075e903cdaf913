// The body of POST /v1/lookups read the slow and obvious way: the judge of the real reader, for
// tests and the fuzzer.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/apps/lookups_body.h"

namespace hitwatch::apps {

// The document, or nothing if it is no JSON or an object in it has a key twice.
inline std::optional<nlohmann::json> plain_document(std::string_view text) {
  std::vector<std::set<std::string>> keys;
  bool is_double = false;
  const auto note = [&](int, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    using Event = nlohmann::json::parse_event_t;
    if (event == Event::object_start) keys.emplace_back();
    if (event == Event::object_end) keys.pop_back();
    if (event == Event::key && !keys.back().insert(parsed.get<std::string>()).second) {
      is_double = true;
    }
    return true;
  };
  auto document = nlohmann::json::parse(text, note, false);
  if (document.is_discarded() || is_double) return std::nullopt;
  return document;
}

// The bytes of hexadecimal digits; none if there is something else, or nothing but zeros.
inline std::vector<std::uint8_t> plain_bytes(const std::string& text) {
  if (text.size() % 2 != 0 || text.find_first_not_of('0') == text.npos) return {};
  if (text.find_first_not_of("0123456789abcdefABCDEF") != text.npos) return {};
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

inline std::optional<Report> plain_report(const nlohmann::json& object) {
  if (!object.is_object() || !object.contains("result")) return std::nullopt;
  if (object.contains("span_id") && !object.contains("trace_id")) return std::nullopt;
  Report report;
  for (const auto& [name, value] : object.items()) {
    if (name == "count") {
      if (!value.is_number()) return std::nullopt;
      report.count = value.get<double>();
      if (!(report.count >= 1 && report.count <= 1e9)) return std::nullopt;
      if (std::fmod(report.count, 1) != 0) return std::nullopt;
    } else if (name == "latency_ms") {
      if (!value.is_number()) return std::nullopt;
      const auto milliseconds = value.get<double>();
      if (!(milliseconds >= 0 && milliseconds <= 1e9)) return std::nullopt;
      report.latency_seconds = milliseconds / 1000;
    } else {
      if (!value.is_string()) return std::nullopt;
      const auto text = value.get<std::string>();
      if (name == "trace_id" || name == "span_id") {
        const auto bytes = plain_bytes(text);
        const bool is_trace = name == "trace_id";
        if (bytes.size() != (is_trace ? report.trace.bytes.size() : report.span.bytes.size())) {
          return std::nullopt;
        }
        std::ranges::copy(bytes, is_trace ? report.trace.bytes.begin() : report.span.bytes.begin());
      } else if (name == "tenant") {
        report.tenant = text;
      } else if (name == "type") {
        report.type = text;
      } else if (name == "key") {
        report.key = text;
      } else if (name == "operation") {
        report.operation = text;
      } else if (name == "layer") {
        report.layer = text;
      } else if (name == "result" && text == "hit") {
        report.outcome = lookups::Outcome::kHit;
      } else if (name == "result" && text == "miss") {
        report.outcome = lookups::Outcome::kMiss;
      } else if (name == "result" && text == "error") {
        report.outcome = lookups::Outcome::kError;
      } else {
        return std::nullopt;
      }
    }
  }
  return report;
}

// The documents of the body: its only one, the items of a list, or one of each line.
inline std::optional<std::vector<nlohmann::json>> plain_documents(std::string_view body) {
  if (auto only = plain_document(body)) {
    if (only->is_array()) return only->get<std::vector<nlohmann::json>>();
    return std::vector{*only};
  }
  std::vector<nlohmann::json> documents;
  while (!body.empty()) {
    const std::string_view line = body.substr(0, body.find('\n'));
    body.remove_prefix(std::min(line.size() + 1, body.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto document = plain_document(line);
    if (!document) return std::nullopt;
    documents.push_back(*std::move(document));
  }
  if (documents.empty()) return std::nullopt;
  return documents;
}

// The reports, or nothing if the body is faulty. Knows no bounds on sizes.
inline std::optional<std::vector<Report>> plain_reports(std::string_view body) {
  const auto documents = plain_documents(body);
  if (!documents) return std::nullopt;
  std::vector<Report> reports;
  for (const nlohmann::json& document : *documents) {
    auto report = plain_report(document);
    if (!report) return std::nullopt;
    reports.push_back(*std::move(report));
  }
  return reports;
}

inline bool equal(const Report& a, const Report& b) {
  return a.tenant == b.tenant && a.type == b.type && a.key == b.key && a.operation == b.operation &&
         a.layer == b.layer && a.outcome == b.outcome && a.count == b.count &&
         a.latency_seconds == b.latency_seconds && a.trace == b.trace && a.span == b.span;
}

}  // namespace hitwatch::apps
