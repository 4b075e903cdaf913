#include "rules/alerting/rule_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "agent/yaml/document.h"
#include "agent/yaml/section.h"
#include "agent/yaml/suggest.h"
#include "rules/alerting/scalar_position.h"
#include "rules/alerting/templating.h"
#include "rules/promql/parser.h"

namespace hitwatch::alerting {
namespace {

using yaml::Mapping;
using yaml::Node;
using yaml::Reader;

constexpr std::string_view kMetricName = "__name__";
constexpr std::size_t kMostFaults = 100;
constexpr std::size_t kMostLabels = 200;  // of a rule or group; annotations, too

bool is_name(std::string_view text, bool colons) {
  const auto fits = [&](char c, bool first) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colons && c == ':') ||
           (!first && c >= '0' && c <= '9');
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!fits(text[i], i == 0)) return false;
  }
  return !text.empty();
}

// The text of a scalar if the mapping has it; without a fault.
std::string peek(const Node& node, std::string_view key) {
  for (std::size_t i = 0; i < node.keys.size() && i < node.items.size(); ++i) {
    if (node.keys[i].text == key) return node.items[i].text;
  }
  return {};
}

class FileReader {
 public:
  FileReader(std::string_view text, std::string file, FileLimits limits)
      : text_(text), file_(std::move(file)), limits_(limits) {}

  std::expected<std::vector<GroupSpec>, Faults> read() {
    const auto root = yaml::parse_document(text_, file_);
    if (!root) return std::unexpected(Faults{root.error()});
    std::vector<GroupSpec> groups;
    read_mapping(*root, "", [&](Mapping& top) {
      for (const yaml::Value& item : top.read_items("groups")) {
        if (groups.size() == limits_.groups) {
          fault(*item.node, fmt::format("more than {} groups in a file", limits_.groups));
          break;
        }
        groups.push_back(read_group(*item.node, groups.size()));
      }
    });
    if (!faults_.empty()) return std::unexpected(take_faults());
    return groups;
  }

 private:
  void fault(const Node& at, std::string text) {
    faults_.push_back(yaml::Fault{file_, at.line, at.column, std::move(text)});
  }

  // Whether another fault will be told. Of the others, nobody needs the place.
  bool are_told() const { return faults_.size() < kMostFaults; }

  // Reads a mapping; `prefix` goes before whatever is wrong with its keys.
  template <typename Read>
  void read_mapping(const Node& node, const std::string& prefix, Read read) {
    Reader reader(file_, {});
    Mapping mapping(reader, node, "");
    read(mapping);
    mapping.finish();
    for (yaml::Fault& found : reader.take_faults()) {
      found.text = prefix + found.text;
      faults_.push_back(std::move(found));
    }
  }

  Faults take_faults() {
    std::ranges::stable_sort(
        faults_, {}, [](const yaml::Fault& found) { return std::tie(found.line, found.column); });
    if (faults_.size() > kMostFaults) {
      const std::size_t more = faults_.size() - kMostFaults;
      faults_.resize(kMostFaults);
      faults_.push_back(yaml::Fault{file_, 0, 0, fmt::format("and {} more faults", more)});
    }
    return std::move(faults_);
  }

  GroupSpec read_group(const Node& node, std::size_t index) {
    GroupSpec group;
    group.file = file_;
    group.name = peek(node, "name");
    const std::string prefix = group.name.empty() ? fmt::format("group {}: ", index + 1)
                                                  : fmt::format("group \"{}\": ", group.name);
    metrics::Labels labels;
    std::vector<yaml::Value> rules;
    read_mapping(node, prefix, [&](Mapping& mapping) {
      mapping.read("name", group.name);
      read_duration(mapping, "interval", group.interval);
      read_duration(mapping, "query_offset", group.query_offset);
      read_limit(mapping, group.limit);
      labels = read_labels(mapping);
      rules = mapping.read_items("rules");
    });
    if (group.interval == 0) group.interval.reset();
    if (group.name.empty()) fault(node, prefix + "a group needs a name");
    if (!group.name.empty() && !group_names_.insert(group.name).second) {
      fault(node, prefix + "another group of this file has the same name");
    }
    for (const yaml::Value& item : rules) {
      if (++rules_ > limits_.rules) {
        fault(*item.node, fmt::format("more than {} rules in a file", limits_.rules));
        break;
      }
      group.rules.push_back(read_rule(*item.node, group, labels));
    }
    return group;
  }

  static void read_duration(Mapping& mapping, std::string_view key,
                            std::optional<std::int64_t>& out) {
    if (!mapping.take(key)) return;
    std::chrono::milliseconds duration(0);
    mapping.read(key, duration);
    out = duration.count();
  }

  static void read_limit(Mapping& mapping, std::size_t& out) {
    const auto value = mapping.take("limit");
    if (!value) return;
    const auto text = mapping.reader().text(*value->node, value->path);
    if (!text) return;
    const char* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, out);
    if (error == std::errc() && stop == end) return;
    mapping.reader().fault(*value->node, value->path,
                           fmt::format("{} is not a whole number", yaml::shown(*text)));
  }

  // The entries of a mapping of texts; one without a value has the text "".
  static metrics::Labels read_texts(Mapping& mapping, std::string_view key) {
    const auto value = mapping.take(key);
    if (!value) return {};
    Mapping texts(mapping.reader(), *value->node, value->path);
    metrics::Labels labels;
    if (value->node->keys.size() > kMostLabels) {
      mapping.reader().fault(*value->node, value->path,
                             fmt::format("more than {} entries", kMostLabels));
      return labels;
    }
    for (const yaml::Entry& entry : texts.read_entries()) {
      const std::string& name = entry.key->text;
      if (!is_name(name, false)) {
        mapping.reader().fault(*entry.key, value->path,
                               fmt::format("{} is not a valid name", yaml::shown(name)));
        continue;
      }
      std::string text;
      if (entry.value.node->kind != Node::Kind::kNull) {
        text = mapping.reader().text(*entry.value.node, entry.value.path).value_or("");
      }
      labels.push_back(metrics::Label{name, std::move(text)});
    }
    std::ranges::stable_sort(labels, {}, &metrics::Label::name);
    return labels;
  }

  static metrics::Labels read_labels(Mapping& mapping) {
    metrics::Labels labels = read_texts(mapping, "labels");
    for (const metrics::Label& label : labels) {
      if (label.name != kMetricName) continue;
      mapping.reader().fault(mapping.node(), "labels",
                             "__name__ is the metric's name, not a label");
    }
    return labels;
  }

  Rule read_rule(const Node& node, const GroupSpec& group, const metrics::Labels& group_labels) {
    const std::string alert = peek(node, "alert");
    Rule rule;
    rule.kind = alert.empty() ? Rule::Kind::kRecording : Rule::Kind::kAlerting;
    rule.name = alert.empty() ? peek(node, "record") : alert;
    rule.line = node.line;
    rule.column = node.column;
    const std::string prefix = fmt::format("group \"{}\", rule {}, \"{}\": ", group.name,
                                           group.rules.size() + 1, rule.name);
    read_mapping(node, prefix, [&](Mapping& mapping) { read_fields(mapping, rule); });
    if (rule.kind == Rule::Kind::kAlerting) check_templates(node, rule, prefix);
    for (const metrics::Label& label : group_labels) {
      const auto same = std::ranges::find(rule.labels, label.name, &metrics::Label::name);
      if (same == rule.labels.end()) rule.labels.push_back(label);
    }
    std::ranges::stable_sort(rule.labels, {}, &metrics::Label::name);
    return rule;
  }

  void read_fields(Mapping& mapping, Rule& rule) {
    Reader& reader = mapping.reader();
    std::string record;
    std::string alert;
    mapping.read("record", record);
    mapping.read("alert", alert);
    if (!record.empty() && !alert.empty()) {
      reader.fault(mapping.node(), "", "has both 'record' and 'alert'; a rule is one of them");
    } else if (record.empty() && alert.empty()) {
      reader.fault(mapping.node(), "", "has neither 'record' nor 'alert'");
    }
    if (!record.empty()) check_record(mapping, record);
    read_expr(mapping, rule);
    rule.labels = read_labels(mapping);
    if (rule.kind == Rule::Kind::kRecording) {
      for (const char* key : {"for", "keep_firing_for", "annotations"}) {
        mapping.refuse(key, "is for alerting rules only");
      }
      return;
    }
    std::optional<std::int64_t> hold;
    std::optional<std::int64_t> keep;
    read_duration(mapping, "for", hold);
    read_duration(mapping, "keep_firing_for", keep);
    rule.hold = hold.value_or(0);
    rule.keep_firing_for = keep.value_or(0);
    rule.annotations = read_texts(mapping, "annotations");
  }

  static void check_record(Mapping& mapping, const std::string& record) {
    if (is_name(record, true)) return;
    const auto value = mapping.take("record");
    std::string_view hint;
    if (record.find_first_of("{}") != record.npos) hint = "; braces belong into expr or labels";
    mapping.reader().fault(
        *value->node, value->path,
        fmt::format("{} is not a valid metric name{}", yaml::shown(record), hint));
  }

  void read_expr(Mapping& mapping, Rule& rule) {
    const auto value = mapping.take("expr");
    if (!value || (value->node->kind == Node::Kind::kScalar && value->node->text.empty())) {
      mapping.reader().fault(value ? *value->node : mapping.node(), "", "has no 'expr'");
      return;
    }
    const auto text = mapping.reader().text(*value->node, value->path);
    if (!text) return;
    auto parsed = promql::parse(*text);
    if (parsed) {
      rule.expr = *text;
      rule.parsed = std::shared_ptr<const promql::Expr>(*std::move(parsed));
      return;
    }
    Node at = *value->node;
    const auto place = are_told() ? position_of(text_, *value->node, parsed.error().at.begin)
                                  : std::optional<FilePosition>();
    if (place) {
      at.line = place->line;
      at.column = place->column;
    }
    mapping.reader().fault(at, value->path, promql::describe_with_caret(parsed.error(), *text));
  }

  void check_templates(const Node& node, const Rule& rule, const std::string& prefix) {
    struct Place {
      std::string_view key;
      const metrics::Labels& texts;
    };
    for (const Place& place :
         {Place{"labels", rule.labels}, Place{"annotations", rule.annotations}}) {
      for (const metrics::Label& label : place.texts) {
        const auto checked = check_template(rule.name, label.value);
        if (checked) continue;
        fault(are_told() ? text_node(node, place.key, label.name) : node,
              fmt::format("{}{}.{}: {}", prefix, place.key, label.name, checked.error()));
      }
    }
  }

  // The value of `name` in the mapping `key` of a rule; the rule itself if it is not found.
  static const Node& text_node(const Node& rule, std::string_view key, std::string_view name) {
    const auto item = [](const Node& node, std::string_view wanted) -> const Node* {
      for (std::size_t i = 0; i < node.keys.size() && i < node.items.size(); ++i) {
        if (node.keys[i].text == wanted) return &node.items[i];
      }
      return nullptr;
    };
    const Node* texts = item(rule, key);
    const Node* text = texts == nullptr ? nullptr : item(*texts, name);
    return text == nullptr ? rule : *text;
  }

  std::string_view text_;
  std::string file_;
  FileLimits limits_;
  Faults faults_;
  std::set<std::string> group_names_;
  std::size_t rules_ = 0;
};

}  // namespace

std::expected<std::vector<GroupSpec>, Faults> load_rule_text(std::string_view text,
                                                             const std::string& file,
                                                             FileLimits limits) {
  return FileReader(text, file, limits).read();
}

std::expected<std::vector<GroupSpec>, Faults> load_rule_file(const std::string& path,
                                                             FileLimits limits) {
  const auto text = yaml::read_document(path);
  if (!text) return std::unexpected(Faults{text.error()});
  return load_rule_text(*text, path, limits);
}

}  // namespace hitwatch::alerting
