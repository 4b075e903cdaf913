#include "agent/config/keys_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "agent/config/bounded_values.h"
#include "agent/config/check_section.h"
#include "agent/config/sample_section.h"
#include "agent/config/schema.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::config {
namespace {

using keys::RuleFinding;
using yaml::Mapping;
using yaml::Reader;
using yaml::Value;

constexpr std::size_t kMaxTypeBytes = 128;

// A pattern that was read, and where its template stands.
struct Place {
  Value match;
  std::size_t index;  // in keys.patterns
};

void read_tenants(Mapping& keys, lookups::Limits& out) {
  const auto value = keys.take("tenants");
  if (!value) return;
  Mapping mapping(keys.reader(), *value->node, value->path, kTenantsSchema);
  read_count(mapping, "limit", out.tenants);
  read_count(mapping, "latency_top", out.latency_tenants);
  if (const auto latency_top = mapping.take("latency_top"); !latency_top) {
    out.latency_tenants = std::min(out.latency_tenants, out.tenants);
  } else if (out.latency_tenants > out.tenants) {
    mapping.reader().fault(*latency_top->node, latency_top->path,
                           fmt::format("more than limit, which is {}", out.tenants));
  }
  mapping.finish();
}

// The type of the keys of a rule: what the entry says, "" if the template captures it, else the
// text that the template begins with. Nothing, and a fault, if there is none.
std::optional<std::string> read_type(Mapping& entry, const Value& match,
                                     const keys::Pattern& pattern) {
  Reader& reader = entry.reader();
  const bool is_captured = pattern.placeholder("type").has_value();
  if (const auto value = entry.take("type")) {
    auto type = reader.text(*value->node, value->path);
    if (!type) return std::nullopt;
    if (is_captured) {
      reader.fault(*value->node, value->path,
                   "the pattern captures {type} itself; keep one of them");
    } else if (type->empty() || type->size() > kMaxTypeBytes) {
      reader.fault(*value->node, value->path,
                   fmt::format("must be a text of 1 to {} bytes", kMaxTypeBytes));
    }
    return type;
  }
  if (is_captured) return "";
  std::string type = pattern.leading_segment();
  if (type.empty()) {
    reader.fault(*match.node, match.path,
                 fmt::format("{} says no type: add 'type', capture {{type}}, or begin with text up "
                             "to a '{}'",
                             yaml::shown(pattern.text()), pattern.separator()));
    return std::nullopt;
  }
  if (type.size() > kMaxTypeBytes) type.resize(kMaxTypeBytes);
  return type;
}

void read_pattern(Reader& reader, const Value& item, Keys& out, std::vector<Place>& places) {
  Mapping entry(reader, *item.node, item.path, kKeyPatternSchema);
  const auto match = entry.take("match");
  std::optional<keys::Pattern> pattern;
  std::optional<std::string> type;
  bool tenant_required = false;
  static constexpr auto kTenant =
      std::to_array<std::pair<std::string_view, bool>>({{"required", true}});
  entry.read_choice<bool>("tenant", kTenant, tenant_required);
  if (match) pattern = read_template(reader, *match);
  if (pattern) {
    type = read_type(entry, *match, *pattern);
  } else {
    entry.take("type");
  }
  entry.finish();
  if (!match && item.node->kind == yaml::Node::Kind::kMapping) {
    reader.fault(*item.node, item.path, "needs a match: a template like 'catalog:{tenant}:*'");
  }
  if (!pattern || !type) return;
  places.push_back({*match, out.patterns.size()});
  out.patterns.push_back({*std::move(pattern), *std::move(type), tenant_required});
  out.origins.push_back(reader.origin(*match->node));
}

std::string unreachable_text(const RuleFinding& finding, const std::vector<keys::Rule>& rules,
                             const std::vector<Place>& places) {
  const std::string& text = rules[finding.rule].pattern.text();
  if (finding.other < 0) {
    return fmt::format("{} never counts: earlier patterns together match all of its keys first",
                       yaml::shown(text));
  }
  const auto other = static_cast<std::size_t>(finding.other);
  const int line = places[other].match.node->line;
  const std::string& other_text = rules[other].pattern.text();
  if (other_text == text) {
    return fmt::format("{} stands already in line {}", yaml::shown(text), line);
  }
  return fmt::format(
      "{} never counts: {} in line {} matches all of its keys first; move it before that one",
      yaml::shown(text), yaml::shown(other_text), line);
}

void report_unreachable(Reader& reader, const Keys& keys, const std::vector<Place>& places) {
  for (const RuleFinding& finding : keys::examine(keys.patterns)) {
    if (finding.kind != RuleFinding::Kind::kUnreachable) continue;
    const Value& match = places[finding.rule].match;
    reader.fault(*match.node, match.path, unreachable_text(finding, keys.patterns, places));
  }
}

void read_patterns(Mapping& mapping, Keys& out) {
  Reader& reader = mapping.reader();
  const auto items = mapping.read_items("patterns");
  if (items.size() > keys::kMaxPatterns) {
    const auto value = *mapping.take("patterns");
    reader.fault(*value.node, value.path, fmt::format("more than {} patterns", keys::kMaxPatterns));
    return;
  }
  std::vector<Place> places;
  for (const Value& item : items) read_pattern(reader, item, out, places);
  report_unreachable(reader, out, places);
}

std::string ambiguous_text(const RuleFinding& finding, const Keys& keys) {
  const auto other = static_cast<std::size_t>(finding.other);
  return fmt::format(
      "{}: {} and the earlier {} both match keys such as {} and see another tenant or type in "
      "them; the earlier one counts",
      keys.origins[finding.rule], yaml::shown(keys.patterns[finding.rule].pattern.text()),
      yaml::shown(keys.patterns[other].pattern.text()), yaml::shown(finding.example));
}

}  // namespace

std::optional<keys::Pattern> read_template(Reader& reader, const Value& match) {
  if (match.node->kind == yaml::Node::Kind::kMapping) {
    reader.fault(*match.node, match.path,
                 "must be a text: put templates in quotes, braces mean something else in YAML");
    return std::nullopt;
  }
  const auto text = reader.text(*match.node, match.path);
  if (!text) return std::nullopt;
  auto pattern = keys::Pattern::parse(*text);
  if (pattern) return *std::move(pattern);
  reader.fault(*match.node, match.path,
               fmt::format("{} {} (at byte {})", yaml::shown(*text), pattern.error().text,
                           pattern.error().offset + 1));
  return std::nullopt;
}

void read_keys(yaml::Mapping& root, Keys& out) {
  const auto value = root.take("keys");
  if (!value) return;
  Mapping mapping(root.reader(), *value->node, value->path, kKeysSchema);
  read_patterns(mapping, out);
  read_tenants(mapping, out.tenants);
  read_sample(mapping, out.sample);
  read_check(mapping, out.check);
  mapping.finish();
}

std::vector<std::string> key_warnings(const Keys& keys) {
  constexpr std::size_t kMost = 20;
  std::vector<std::string> warnings;
  for (std::size_t i = 0; i < keys.patterns.size(); ++i) {
    const keys::Rule& rule = keys.patterns[i];
    if (!rule.tenant_required || rule.pattern.placeholder("tenant")) continue;
    warnings.push_back(fmt::format(
        "{}: {} requires a tenant but captures none: all of its keys count as without a tenant",
        keys.origins[i], yaml::shown(rule.pattern.text())));
  }
  for (const RuleFinding& finding : keys::examine(keys.patterns)) {
    if (finding.kind != RuleFinding::Kind::kAmbiguous) continue;
    const auto other = static_cast<std::size_t>(finding.other);
    if (keys::is_special_case(keys.patterns[other].pattern, keys.patterns[finding.rule].pattern)) {
      continue;
    }
    warnings.push_back(ambiguous_text(finding, keys));
  }
  if (warnings.size() > kMost) {
    const std::size_t more = warnings.size() - kMost;
    warnings.resize(kMost);
    warnings.push_back(fmt::format("and {} more warnings about key patterns", more));
  }
  return warnings;
}

}  // namespace hitwatch::config
