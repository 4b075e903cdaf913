#include "agent/config/matchers_entry.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "agent/metrics/labels.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::config {
namespace {

using notify::Matcher;
using yaml::Mapping;
using yaml::Reader;
using yaml::Value;

constexpr std::size_t kMaxLabelNameBytes = 1024;

// [a-zA-Z_][a-zA-Z0-9_]*
bool is_classic_name(std::string_view name) {
  return metrics::is_metric_name(name) && !name.contains(':');
}

// Alertmanager takes any text since 0.27, and so do Prometheus' rules.
bool is_any_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxLabelNameBytes) return false;
  for (; !name.empty(); name.remove_prefix(metrics::utf8_length(name))) {
    if (static_cast<unsigned char>(name.front()) < ' ') return false;
  }
  return true;
}

void read_matcher_mapping(Mapping& parent, std::string_view key, Matcher::Kind kind,
                          notify::Matchers& out) {
  const auto value = parent.take(key);
  if (!value) return;
  Reader& reader = parent.reader();
  Mapping mapping(reader, *value->node, value->path);
  for (const yaml::Entry& entry : mapping.read_entries()) {
    auto text = reader.text(*entry.value.node, entry.value.path);
    if (!is_classic_name(entry.key->text)) {
      reader.fault(*entry.key, entry.value.path, "is not the name of a label");
      continue;
    }
    if (!text) continue;
    auto matcher = Matcher::make(kind, entry.key->text, *std::move(text));
    if (matcher) {
      out.push_back(*std::move(matcher));
    } else {
      reader.fault(*entry.value.node, entry.value.path, matcher.error());
    }
  }
}

}  // namespace

void read_matchers(Mapping& mapping, const MatcherKeys& keys, notify::Matchers& out) {
  read_matcher_mapping(mapping, keys.equal, Matcher::Kind::kEqual, out);
  read_matcher_mapping(mapping, keys.regex, Matcher::Kind::kMatches, out);
  for (const Value& item : mapping.read_items(keys.list)) {
    const auto text = mapping.reader().text(*item.node, item.path);
    if (!text) continue;
    auto matchers = notify::parse_matchers(*text);
    if (!matchers) {
      mapping.reader().fault(*item.node, item.path, matchers.error());
      continue;
    }
    std::ranges::move(*matchers, std::back_inserter(out));
  }
}

std::vector<std::string> read_label_names(Mapping& mapping, std::string_view key) {
  std::vector<std::string> names;
  std::set<std::string, std::less<>> known;
  for (const Value& item : mapping.read_items(key)) {
    auto text = mapping.reader().text(*item.node, item.path);
    if (!text) continue;
    if (!is_any_name(*text)) {
      mapping.reader().fault(*item.node, item.path, "is not the name of a label");
    } else if (!known.insert(*text).second) {
      mapping.reader().fault(*item.node, item.path,
                             fmt::format("{} stands already in the list", yaml::shown(*text)));
    } else {
      names.push_back(*std::move(text));
    }
  }
  return names;
}

}  // namespace hitwatch::config
