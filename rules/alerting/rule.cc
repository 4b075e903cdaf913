#include "rules/alerting/rule.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace hitwatch::alerting {
namespace {

void append_json_text(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xfU];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_json_labels(std::string& out, const metrics::Labels& labels) {
  out += '{';
  for (const metrics::Label& label : labels) {
    if (out.back() != '{') out += ',';
    append_json_text(out, label.name);
    out += ':';
    append_json_text(out, label.value);
  }
  out += '}';
}

}  // namespace

bool same_rule(const Rule& left, const Rule& right) {
  return left.kind == right.kind && left.name == right.name && left.expr == right.expr &&
         left.hold == right.hold && left.keep_firing_for == right.keep_firing_for &&
         left.labels == right.labels && left.annotations == right.annotations;
}

void normalize(metrics::Labels& labels) {
  std::ranges::stable_sort(labels, {}, &metrics::Label::name);
  metrics::Labels kept;
  for (metrics::Label& label : labels) {
    if (!kept.empty() && kept.back().name == label.name) kept.pop_back();
    kept.push_back(std::move(label));
  }
  std::erase_if(kept, [](const metrics::Label& label) { return label.value.empty(); });
  labels = std::move(kept);
}

metrics::Labels merge(const metrics::Labels& base, const metrics::Labels& over) {
  metrics::Labels merged = base;
  merged.insert(merged.end(), over.begin(), over.end());
  normalize(merged);
  return merged;
}

std::string label_key(const metrics::Labels& labels) {
  std::string key;
  // Neither byte occurs in UTF-8, so a text cannot look like two.
  for (const metrics::Label& label : labels) {
    key += label.name;
    key += '\xfe';
    key += label.value;
    key += '\xff';
  }
  return key;
}

metrics::Labels labels_of_key(std::string_view key) {
  metrics::Labels labels;
  while (!key.empty()) {
    const std::string_view pair = key.substr(0, key.find('\xff'));
    const std::size_t middle = pair.find('\xfe');
    if (middle == pair.npos) break;
    labels.push_back({std::string(pair.substr(0, middle)), std::string(pair.substr(middle + 1))});
    key.remove_prefix(std::min(key.size(), pair.size() + 1));
  }
  return labels;
}

std::string describe(const metrics::Labels& labels) {
  std::string name;
  std::string rest;
  for (const metrics::Label& label : labels) {
    if (label.name == "__name__") {
      name = label.value;
      continue;
    }
    if (!rest.empty()) rest += ", ";
    const metrics::Labels one{label};
    metrics::append_label_text(rest, one);
  }
  if (rest.empty() && !name.empty()) return name;
  return name + "{" + rest + "}";
}

std::string identity(const GroupSpec& group, const Rule& rule, std::size_t nth) {
  std::string text = "[";
  append_json_text(text, group.file);
  text += ',';
  append_json_text(text, group.name);
  text += ',';
  append_json_text(text, rule.name);
  text += ',';
  append_json_labels(text, rule.labels);
  text += ',' + std::to_string(nth) + ']';
  return text;
}

std::vector<std::string> identities(const GroupSpec& group) {
  std::map<std::string, std::size_t> seen;
  std::vector<std::string> all;
  for (const Rule& rule : group.rules) {
    const std::size_t nth = seen[identity(group, rule, 0)]++;
    all.push_back(identity(group, rule, nth));
  }
  return all;
}

}  // namespace hitwatch::alerting
