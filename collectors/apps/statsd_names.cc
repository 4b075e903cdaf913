#include "collectors/apps/statsd_names.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace hitwatch::apps {
namespace {

using Element = keys::Pattern::Element;
using Meaning = StatsdMeaning::Kind;

constexpr auto kDefaults =
    std::to_array<std::pair<std::string_view, Meaning>>({{"cache.hit", Meaning::kHit},
                                                         {"cache.miss", Meaning::kMiss},
                                                         {"cache.error", Meaning::kError},
                                                         {"cache.latency", Meaning::kLatency}});

bool is_exact(const keys::Pattern& pattern) {
  return pattern.elements().size() == 1 &&
         pattern.elements().front().kind == Element::Kind::kLiteral;
}

void fill_empty(std::string_view& field, std::string_view value) {
  if (field.empty()) field = value;
}

}  // namespace

StatsdNames::StatsdNames(const std::vector<StatsdMeaning>& mapping) {
  std::vector<keys::Rule> rules;
  for (std::size_t i = 0; i < mapping.size(); ++i) {
    const auto& [pattern, kind] = mapping[i];
    if (is_exact(pattern)) {
      exact_.push_back({pattern.elements().front().text, i, kind});
      continue;
    }
    rules.push_back({.pattern = pattern, .type = "", .tenant_required = false});
    templates_.push_back({i, kind, pattern.placeholder("operation"), pattern.placeholder("layer")});
  }
  for (const auto& [name, kind] : kDefaults) {
    exact_.push_back({std::string(name), mapping.size(), kind});
  }
  std::ranges::sort(exact_, [](const Exact& a, const Exact& b) {
    return std::tuple(a.name.size(), std::string_view(a.name), a.position) <
           std::tuple(b.name.size(), std::string_view(b.name), b.position);
  });
  if (!rules.empty()) matcher_.emplace(std::move(rules));
}

const StatsdNames::Exact* StatsdNames::find_exact(std::string_view name) const {
  // The first of equal names, which stands first in the mapping.
  const auto found = std::ranges::partition_point(exact_, [&](const Exact& entry) {
    if (entry.name.size() != name.size()) return entry.name.size() < name.size();
    return std::string_view(entry.name) < name;
  });
  return found != exact_.end() && found->name == name ? &*found : nullptr;
}

std::optional<Meaning> StatsdNames::find(std::string_view name, lookups::Subject& subject) {
  const Exact* exact = find_exact(name);
  if (matcher_ && (exact == nullptr || exact->position > templates_.front().position)) {
    if (const keys::Match match = matcher_->match(name)) {
      const auto index = static_cast<std::size_t>(match.rule - matcher_->rules().data());
      const Template& found = templates_[index];
      if (exact == nullptr || found.position < exact->position) {
        fill(subject, found, match, name);
        return found.kind;
      }
    }
  }
  if (exact == nullptr) return std::nullopt;
  return exact->kind;
}

void StatsdNames::fill(lookups::Subject& subject, const Template& found, const keys::Match& match,
                       std::string_view name) const {
  fill_empty(subject.tenant, match.tenant);
  fill_empty(subject.type, match.type);
  const keys::Pattern& pattern = match.rule->pattern;
  if (found.operation) {
    fill_empty(subject.operation, keys::Matcher::captured(pattern, name, *found.operation));
  }
  if (found.layer) {
    fill_empty(subject.layer, keys::Matcher::captured(pattern, name, *found.layer));
  }
}

}  // namespace hitwatch::apps
