#include "agent/tap_json.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/net/rfc3339.h"
#include "agent/trace/utf8_text.h"
#include "collectors/keys/pattern.h"
#include "collectors/keyspace/report.h"
#include "collectors/lookups/latency_buckets.h"
#include "collectors/tap/key_segments.h"

namespace hitwatch {
namespace {

using nlohmann::json;
using tap::Figures;

constexpr std::size_t kLongestName = 4096;

std::string utf8(std::string_view text) {
  std::string scratch;
  return std::string(trace::utf8_text(text, kLongestName, scratch));
}

json time_json(packets::Time time) {
  constexpr packets::Time kNanosecondsPerMillisecond = 1'000'000;
  if (time == 0) return nullptr;
  return net::format_rfc3339_milliseconds(time / kNanosecondsPerMillisecond);
}

json ratio_json(std::uint64_t part, std::uint64_t rest) {
  if (part + rest == 0) return nullptr;
  return static_cast<double>(part) / static_cast<double>(part + rest);
}

json figures_json(const Figures& figures) {
  return {{"commands", figures.commands},
          {"hits", figures.hits},
          {"misses", figures.misses},
          {"hit_ratio", ratio_json(figures.hits, figures.misses)},
          {"lookup_hits", figures.lookup_hits},
          {"lookup_misses", figures.lookup_misses},
          {"lookups_undecided", figures.lookups_undecided},
          {"errors", figures.errors},
          {"bytes_in", figures.bytes_in},
          {"bytes_out", figures.bytes_out}};
}

json latencies_json(const tap::Latencies& latencies) {
  constexpr std::array kQuantiles = {0.5, 0.95, 0.99};
  std::uint64_t total = 0;
  for (const std::uint64_t count : latencies) total += count;
  std::array<double, kQuantiles.size()> values{};
  if (total > 0) lookups::quantiles(latencies, total, kQuantiles, values);
  const auto value = [&](std::size_t i) { return total == 0 ? json(nullptr) : json(values[i]); };
  return {{"count", total},
          {"p50_seconds", value(0)},
          {"p95_seconds", value(1)},
          {"p99_seconds", value(2)}};
}

json doubts_json(const resp::Doubts& doubts) {
  return {{"gaps", doubts.gaps},
          {"lost_requests", doubts.lost_requests},
          {"contradictions", doubts.contradictions},
          {"pickups", doubts.pickups},
          {"too_many_keys", doubts.too_many_keys},
          {"tls_connections", doubts.tls_connections},
          {"replication_connections", doubts.replication_connections},
          {"skipped_while_unsure", doubts.skipped_while_unsure},
          {"pushes", doubts.pushes}};
}

json server_json(const tap::ServerFigures& server) {
  return {{"server", packets::to_string(server.server)},
          {"figures", figures_json(server.figures)},
          {"own", figures_json(server.own)},
          {"executed", server.executed},
          {"scripts", server.scripts},
          {"last", time_json(server.last)}};
}

// A proposed pattern, and its type, for eyes that may not see keys: of its words those are shown
// that stand first or are common names, of the others the shape.
struct Redacted {
  std::string pattern;
  std::string type;

  explicit Redacted(const tap::Row& row) : type(row.type) {
    const auto parsed = keys::Pattern::parse(row.pattern);
    if (!parsed) return;
    std::string words;
    for (const keys::Pattern::Element& element : parsed->elements()) {
      using Kind = keys::Pattern::Element::Kind;
      if (element.kind == Kind::kLiteral) {
        add_words(element.text, parsed->separator(), words);
      } else {
        pattern += element.kind == Kind::kRest ? "*" : '{' + element.text + '}';
      }
    }
    if (pattern != row.pattern) type = words;
  }

 private:
  void add_words(std::string_view text, char separator, std::string& words) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find(separator), text.size());
      const std::string word = shown(text.substr(0, end));
      if (!words.empty() && !word.empty()) words += '_';
      words += word;
      pattern += word;
      if (end == text.size()) return;
      pattern += separator;
      text.remove_prefix(end + 1);
    }
  }

  std::string shown(std::string_view word) const {
    if (pattern.empty()) return keyspace::redacted_segment(word);
    if (tap::is_common_name(word)) return std::string(word);
    // Behind a first segment nothing is taken for a word.
    constexpr std::string_view kFirst = "a:";
    return keyspace::redacted_key(std::string(kFirst) + std::string(word)).substr(kFirst.size());
  }
};

class Writer {
 public:
  Writer(const TapJsonOptions& options, bool proposed)
      : options_(options), redacts_patterns_(proposed && !options.show_keys) {}

  template <typename Item>
  json list(const std::vector<Item>& items, json (Writer::*to_json)(const Item&) const) const {
    json list = json::array();
    for (const Item& item : std::span(items).first(std::min(items.size(), options_.most_rows))) {
      list.push_back((this->*to_json)(item));
    }
    return list;
  }

  json row(const tap::Row& row) const {
    json examples = json::array();
    for (const std::string& example : row.examples) examples.push_back(key(example));
    json result = {{"pattern", utf8(row.pattern)},
                   {"type", utf8(row.type)},
                   {"figures", figures_json(row.figures)},
                   {"latency", latencies_json(row.latencies)},
                   {"examples", std::move(examples)}};
    if (redacts_patterns_) {
      const Redacted redacted(row);
      result["pattern"] = redacted.pattern;
      result["type"] = redacted.type;
    }
    return result;
  }
  json operation(const tap::OperationRow& row) const {
    return {{"operation", utf8(row.operation)},
            {"figures", figures_json(row.figures)},
            {"latency", latencies_json(row.latencies)}};
  }
  json client(const tap::ClientRow& row) const {
    return {{"address", row.address},
            {"library", utf8(row.library)},
            {"figures", figures_json(row.figures)}};
  }
  json hot_key(const tap::Heavy& heavy) const {
    return {{"key", key(heavy.name)}, {"count", heavy.count}, {"error", heavy.error}};
  }
  json hot_tenant(const tap::Heavy& heavy) const {
    return {{"tenant", utf8(heavy.name)}, {"count", heavy.count}, {"error", heavy.error}};
  }
  json big_value(const tap::BigValue& value) const {
    return {{"key", key(value.key)}, {"operation", utf8(value.operation)}, {"bytes", value.bytes}};
  }

 private:
  std::string key(std::string_view name) const {
    return options_.show_keys ? utf8(name) : keyspace::redacted_key(name);
  }

  const TapJsonOptions& options_;
  bool redacts_patterns_;
};

json counters_json(const tap::Counters& counters) {
  json servers = json::array();
  for (const tap::ServerFigures& server : counters.servers) servers.push_back(server_json(server));
  json faults = json::array();
  for (const std::string& fault : counters.faults) faults.push_back(utf8(fault));
  return {{"packets", counters.packets},
          {"dropped", counters.dropped},
          {"bytes", counters.bytes},
          {"cut", counters.cut},
          {"not_tcp", counters.not_tcp},
          {"connections", counters.connections},
          {"connections_seen", counters.connections_seen},
          {"connections_evicted", counters.connections_evicted},
          {"repeated_elsewhere", counters.repeated_elsewhere},
          {"buffer_bytes", counters.buffer_bytes},
          {"doubts", doubts_json(counters.doubts)},
          {"servers", std::move(servers)},
          {"faults", std::move(faults)}};
}

}  // namespace

json tap_json(const tap::Report& report, const TapJsonOptions& options) {
  const Writer writer(options, report.proposed);
  return {{"first", time_json(report.first)},
          {"last", time_json(report.last)},
          {"capture", counters_json(report.counters)},
          {"total", figures_json(report.total)},
          {"proposed", report.proposed},
          {"patterns", writer.list(report.rows, &Writer::row)},
          {"operations", writer.list(report.operations, &Writer::operation)},
          {"clients", writer.list(report.clients, &Writer::client)},
          {"hot_keys", writer.list(report.hot_keys, &Writer::hot_key)},
          {"hot_tenants", writer.list(report.hot_tenants, &Writer::hot_tenant)},
          {"big_values", writer.list(report.big_values, &Writer::big_value)}};
}

}  // namespace hitwatch
