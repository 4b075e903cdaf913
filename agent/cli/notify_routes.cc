#include "agent/cli/notify_routes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "agent/cli/terminal_text.h"
#include "agent/net/duration.h"
#include "agent/notify/alert.h"
#include "agent/notify/mutes.h"

namespace hitwatch::cli {
namespace {

using metrics::Label;
using metrics::Labels;
using nlohmann::ordered_json;
using notify::InhibitRule;
using notify::Route;
using notify::Settings;

// An alert on its way through the tree.
struct Routing {
  const Settings& settings;
  const Labels& labels;
  std::int64_t now;
  std::vector<const Route*> reached;

  bool sends(const Route& route) const {
    return std::ranges::find(reached, &route) != reached.end();
  }
};

Routing route_alert(const Settings& settings, const Labels& labels, std::int64_t now) {
  return {.settings = settings,
          .labels = labels,
          .now = now,
          .reached = notify::match_routes(settings.route, labels)};
}

std::string labels_words(const Labels& labels) {
  std::string out;
  for (const Label& label : labels) {
    out += fmt::format("{}{}=\"{}\"", out.empty() ? "" : ", ", label.name, label.value);
  }
  return printable("{" + out + "}");
}

// Why a route does not take the alert; "" if it does.
std::string mismatch(const notify::Matchers& matchers, const Labels& labels) {
  for (const notify::Matcher& matcher : matchers) {
    const std::string_view value = notify::label_value(labels, matcher.name());
    if (matcher.matches(value)) continue;
    if (value.empty()) return printable(fmt::format("there is no {}", matcher.name()));
    return printable(fmt::format("{} is \"{}\"", matcher.name(), value));
  }
  return "";
}

std::string integrations_words(const notify::Receiver* receiver) {
  if (receiver == nullptr || receiver->integrations.empty()) return "tells nobody";
  std::vector<std::string_view> names;
  for (const auto& integration : receiver->integrations) names.push_back(integration.name());
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string group_by_words(const Route& route) {
  if (route.group_by_all) return "all labels";
  if (route.group_by.empty()) return "nothing: one group";
  return printable(fmt::format("{}", fmt::join(route.group_by, ", ")));
}

// What becomes of the alert on a route that sends it.
std::string sending_text(const Routing& routing, const Route& route, const std::string& indent) {
  const auto row = [&indent](std::string_view name, std::string_view value) {
    return fmt::format("{}  {:<10} {}\n", indent, name, value);
  };
  std::string out =
      row("receiver", fmt::format("{} ({})", printable(route.receiver),
                                  integrations_words(routing.settings.receiver(route.receiver))));
  out += row("group",
             printable(notify::group_key(route, notify::group_labels(route, routing.labels))));
  out += row("grouped by", group_by_words(route));
  out += row("times", fmt::format("group_wait {}, group_interval {}, repeat_interval {}",
                                  net::format_duration(route.group_wait),
                                  net::format_duration(route.group_interval),
                                  net::format_duration(route.repeat_interval)));
  if (!route.mute_time_intervals.empty()) {
    out +=
        row("muted in", printable(fmt::format("{}", fmt::join(route.mute_time_intervals, ", "))));
  }
  if (!route.active_time_intervals.empty()) {
    out +=
        row("only in", printable(fmt::format("{}", fmt::join(route.active_time_intervals, ", "))));
  }
  const auto closed = notify::closed_by(routing.settings, route, routing.now);
  if (!closed.empty()) out += row("now", "muted");
  return out;
}

// One node and those below it; whether the alert was taken there.
bool append_node(std::string& out, const Routing& routing, const Route& route,
                 const std::string& indent) {
  const std::string why_not = mismatch(route.matchers, routing.labels);
  std::string verdict = why_not.empty() ? "matches" : "does not match: " + why_not;
  if (why_not.empty() && routing.sends(route)) verdict += ", sends";
  if (why_not.empty() && route.proceed) verdict += ", continue";
  out += fmt::format("{}{}  {}  {}\n", indent, printable(notify::to_string(route.matchers)),
                     printable(route.origin), verdict);
  if (!why_not.empty()) return false;
  if (routing.sends(route)) out += sending_text(routing, route, indent);
  bool stopped = false;
  for (const Route& child : route.routes) {
    if (stopped) {
      out += fmt::format("{}  {}  {}  not looked at: the one before has no continue\n", indent,
                         printable(notify::to_string(child.matchers)), printable(child.origin));
      continue;
    }
    stopped = append_node(out, routing, child, indent + "  ") && !child.proceed;
  }
  return true;
}

std::vector<const InhibitRule*> targeting(const Routing& routing) {
  std::vector<const InhibitRule*> rules;
  for (const InhibitRule& rule : routing.settings.inhibit_rules) {
    if (notify::match(rule.target, routing.labels)) rules.push_back(&rule);
  }
  return rules;
}

std::string inhibition_text(const Routing& routing) {
  const auto rules = targeting(routing);
  if (rules.empty()) return "";
  std::string out = "\nSilent while one of these fires:\n";
  for (const InhibitRule* rule : rules) {
    out += fmt::format("  an alert with {}", printable(notify::to_string(rule->source)));
    std::vector<std::string> equal;
    for (const std::string& name : rule->equal) {
      const std::string_view value = notify::label_value(routing.labels, name);
      equal.push_back(value.empty() ? fmt::format("no {}", name)
                                    : fmt::format("{}=\"{}\"", name, value));
    }
    if (!equal.empty()) out += printable(fmt::format(" and {}", fmt::join(equal, ", ")));
    if (!rule->name.empty()) out += printable(fmt::format("  (inhibit rule {})", rule->name));
    out += '\n';
  }
  return out;
}

// The nodes from the root to one of them.
bool find_path(const Route& node, const Route& wanted, std::vector<const Route*>& path) {
  path.push_back(&node);
  if (&node == &wanted) return true;
  for (const Route& child : node.routes) {
    if (find_path(child, wanted, path)) return true;
  }
  path.pop_back();
  return false;
}

ordered_json labels_object(const Labels& labels) {
  auto object = ordered_json::object();
  for (const Label& label : labels) object[label.name] = label.value;
  return object;
}

ordered_json route_object(const Routing& routing, const Route& route) {
  std::vector<const Route*> path;
  find_path(routing.settings.route, route, path);
  auto nodes = ordered_json::array();
  for (const Route* node : path) {
    nodes.push_back({{"matchers", notify::to_string(node->matchers)}, {"origin", node->origin}});
  }
  auto integrations = ordered_json::array();
  if (const auto* receiver = routing.settings.receiver(route.receiver); receiver != nullptr) {
    for (const auto& integration : receiver->integrations)
      integrations.push_back(integration.name());
  }
  const Labels group = notify::group_labels(route, routing.labels);
  return {{"receiver", route.receiver},
          {"integrations", integrations},
          {"origin", route.origin},
          {"path", nodes},
          {"groupBy", route.group_by_all ? std::vector<std::string>{"..."} : route.group_by},
          {"groupKey", notify::group_key(route, group)},
          {"groupLabels", labels_object(group)},
          {"groupWait", net::format_duration(route.group_wait)},
          {"groupInterval", net::format_duration(route.group_interval)},
          {"repeatInterval", net::format_duration(route.repeat_interval)},
          {"muteTimeIntervals", route.mute_time_intervals},
          {"activeTimeIntervals", route.active_time_intervals},
          {"mutedBy", notify::closed_by(routing.settings, route, routing.now)}};
}

}  // namespace

std::expected<Labels, std::string> parse_alert_labels(std::span<const std::string> texts) {
  Labels labels;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return std::unexpected(fmt::format("'{}' is no label: write NAME=VALUE", printable(text)));
    }
    Label label{text.substr(0, equals), text.substr(equals + 1)};
    if (std::ranges::find(labels, label.name, &Label::name) != labels.end()) {
      return std::unexpected(fmt::format("the label {} is given twice", printable(label.name)));
    }
    labels.push_back(std::move(label));
  }
  notify::normalize(labels);
  return labels;
}

std::string routes_text(const Settings& settings, const Labels& labels, std::int64_t now) {
  const Routing routing = route_alert(settings, labels, now);
  std::string out = fmt::format("An alert with {} goes to", labels_words(labels));
  std::string_view separator = " ";
  for (const Route* route : routing.reached) {
    out += fmt::format("{}{}", separator, printable(route->receiver));
    separator = ", ";
  }
  out += ":\n\n";
  append_node(out, routing, settings.route, "");
  return out + inhibition_text(routing);
}

std::string routes_json(const Settings& settings, const Labels& labels, std::int64_t now) {
  const Routing routing = route_alert(settings, labels, now);
  auto routes = ordered_json::array();
  for (const Route* route : routing.reached) routes.push_back(route_object(routing, *route));
  auto rules = ordered_json::array();
  for (const InhibitRule* rule : targeting(routing)) {
    auto equal = ordered_json::object();
    for (const std::string& name : rule->equal) equal[name] = notify::label_value(labels, name);
    rules.push_back({{"name", rule->name},
                     {"source", notify::to_string(rule->source)},
                     {"target", notify::to_string(rule->target)},
                     {"equal", equal}});
  }
  const ordered_json all{
      {"labels", labels_object(labels)}, {"routes", routes}, {"inhibitRules", rules}};
  return all.dump(2, ' ', true, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace hitwatch::cli
