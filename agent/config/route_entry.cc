#include "agent/config/route_entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/config/matchers_entry.h"
#include "agent/config/schema.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::config {
namespace {

using notify::Route;
using std::chrono::milliseconds;
using yaml::Mapping;
using yaml::Reader;
using yaml::Value;

using NameSet = std::set<std::string, std::less<>>;

constexpr std::string_view kAllLabels = "...";

void check_name(Reader& reader, const Value& value, std::string_view kind, const std::string& name,
                const NameSet& names) {
  constexpr std::size_t kMostToSuggest = 100;
  if (names.contains(name)) return;
  std::string text = fmt::format("there is no {} {}", kind, yaml::shown(name));
  if (names.size() <= kMostToSuggest) {
    const std::vector<std::string_view> words(names.begin(), names.end());
    const std::string_view meant = yaml::nearest_word(name, words);
    if (!meant.empty()) text += fmt::format(", did you mean {}?", yaml::shown(meant));
  }
  reader.fault(*value.node, value.path, text);
}

void read_receiver(Mapping& mapping, const RouteNames& names, Route& out) {
  const auto value = mapping.take("receiver");
  if (!value) return;
  mapping.read("receiver", out.receiver);
  // An empty one inherits.
  if (value->node->kind != yaml::Node::Kind::kScalar || out.receiver.empty()) return;
  check_name(mapping.reader(), *value, "receiver", out.receiver, names.receivers);
}

void read_group_by(Mapping& mapping, Route& out) {
  std::vector<std::string> labels = read_label_names(mapping, "group_by");
  if (labels.empty()) return;
  const bool all = std::ranges::find(labels, kAllLabels) != labels.end();
  if (all && labels.size() > 1) {
    const auto value = *mapping.take("group_by");
    mapping.reader().fault(*value.node, value.path,
                           "'...' means all labels; others have no place beside it");
    return;
  }
  out.group_by_all = all;
  out.group_by = all ? std::vector<std::string>() : std::move(labels);
  std::ranges::sort(out.group_by);
}

void read_positive(Mapping& mapping, std::string_view key, milliseconds& out) {
  mapping.read(key, out);
  if (out > milliseconds(0)) return;
  if (const auto value = mapping.take(key)) {
    mapping.reader().fault(*value->node, value->path, "must be more than 0");
  }
}

std::vector<std::string> read_interval_names(Mapping& mapping, std::string_view key,
                                             const RouteNames& names) {
  std::vector<std::string> intervals;
  for (const Value& item : mapping.read_items(key)) {
    auto text = mapping.reader().text(*item.node, item.path);
    if (!text) continue;
    check_name(mapping.reader(), item, "time interval", *text, names.time_intervals);
    intervals.push_back(*std::move(text));
  }
  return intervals;
}

// What every node may have, children included.
void read_route(Mapping& mapping, const RouteNames& names, Route& route);

Route read_child(Reader& reader, const Value& item, const RouteNames& names, const Route& parent) {
  Route route;
  route.receiver = parent.receiver;
  route.group_by = parent.group_by;
  route.group_by_all = parent.group_by_all;
  route.group_wait = parent.group_wait;
  route.group_interval = parent.group_interval;
  route.repeat_interval = parent.repeat_interval;
  route.key = parent.key;
  Mapping mapping(reader, *item.node, item.path, kRouteSchema);
  mapping.read("continue", route.proceed);
  read_matchers(mapping, kRouteMatchers, route.matchers);
  route.key += "/" + notify::to_string(route.matchers);
  route.mute_time_intervals = read_interval_names(mapping, "mute_time_intervals", names);
  route.active_time_intervals = read_interval_names(mapping, "active_time_intervals", names);
  read_route(mapping, names, route);
  return route;
}

void read_route(Mapping& mapping, const RouteNames& names, Route& route) {
  Reader& reader = mapping.reader();
  route.origin = reader.origin(mapping.node());
  const std::string inherited = route.receiver;
  read_receiver(mapping, names, route);
  if (route.receiver.empty()) route.receiver = inherited;
  read_group_by(mapping, route);
  mapping.read("group_wait", route.group_wait);
  read_positive(mapping, "group_interval", route.group_interval);
  read_positive(mapping, "repeat_interval", route.repeat_interval);
  for (const Value& item : mapping.read_items("routes")) {
    route.routes.push_back(read_child(reader, item, names, route));
  }
  mapping.finish();
}

// An empty value of a key that is not for the root is none.
bool says_nothing(const yaml::Node& node) {
  return node.kind == yaml::Node::Kind::kScalar ? node.text == "false" : node.items.empty();
}

}  // namespace

void read_root_route(Reader& reader, const Value& value, const RouteNames& names, Route& out) {
  Mapping mapping(reader, *value.node, value.path, kRouteSchema);
  for (const std::string_view key : {"match", "match_re", "matchers"}) {
    const auto given = mapping.take(key);
    if (given && !says_nothing(*given->node)) {
      mapping.refuse(key, "not allowed here: every alert comes through the root");
    }
  }
  for (const std::string_view key : {"continue", "mute_time_intervals", "active_time_intervals"}) {
    const auto given = mapping.take(key);
    if (given && !says_nothing(*given->node)) mapping.refuse(key, "not allowed at the root");
  }
  out.key = notify::to_string(out.matchers);
  read_route(mapping, names, out);
  if (out.receiver.empty()) {
    reader.fault(*value.node, value.path, "needs a receiver: that of alerts that no route takes");
  }
}

}  // namespace hitwatch::config
