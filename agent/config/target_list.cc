// Prometheus' file_sd format: a list of {targets: […], labels: {…}}
// (https://prometheus.io/docs/prometheus/latest/configuration/configuration/#file_sd_config).
#include <fmt/format.h>

#include <algorithm>

#include "agent/config/target_entry.h"
#include "agent/yaml/document.h"
#include "agent/yaml/section.h"

namespace hitwatch::config {
namespace {

using yaml::Mapping;
using yaml::Node;
using yaml::Reader;
using yaml::Value;

void read_group(Reader& reader, const Value& value, TargetList& list, TargetNames& names) {
  Mapping mapping(reader, *value.node, value.path);
  if (value.node->kind != Node::Kind::kMapping) {
    if (value.node->kind == Node::Kind::kNull) {
      reader.fault(*value.node, value.path, "needs targets: [host:port, …]");
    }
    return;
  }
  std::string alias;
  metrics::Labels labels;
  const auto urls = mapping.read_items("targets");
  if (const auto given = mapping.take("labels")) labels = read_labels(reader, *given, &alias);
  mapping.finish();
  for (const Value& url : urls) {
    auto target = read_target_url(reader, url);
    if (!target) continue;
    target->alias = alias;
    target->labels = labels;
    if (const auto clash = names.add(*target, url.path)) {
      list.duplicates.push_back(reader.fault_at(*url.node, url.path, clash->text));
    } else {
      list.targets.push_back(*std::move(target));
    }
  }
}

}  // namespace

std::expected<TargetList, std::vector<Fault>> load_target_list(const std::string& path) {
  auto text = yaml::read_document(path);
  if (!text) return std::unexpected(std::vector{text.error()});
  // Whoever writes the file in place may be about to fill it: no reason to drop its targets.
  if (text->empty()) {
    return std::unexpected(std::vector{Fault{path, 0, 0, "is empty; write [] for no targets"}});
  }
  // JSON may be indented with tabs, which YAML forbids; in its strings a bare tab is an error
  // anyway.
  if (path.ends_with(".json")) std::ranges::replace(*text, '\t', ' ');
  const auto root = yaml::parse_document(*text, path);
  if (!root) return std::unexpected(std::vector{root.error()});
  // As in Prometheus. Who may write a list is not thereby allowed to read the environment.
  Reader reader(path, {.expand_environment = false});
  TargetList list;
  if (root->kind == Node::Kind::kNull) return list;
  if (root->kind != Node::Kind::kSequence) {
    reader.fault(*root, "", "must be a list of {targets: […], labels: {…}}");
    return std::unexpected(reader.take_faults());
  }
  TargetNames names;
  for (std::size_t i = 0; i < root->items.size(); ++i) {
    read_group(reader, Value{&root->items[i], fmt::format("[{}]", i)}, list, names);
  }
  if (list.targets.size() > kMaxTargets) reader.fault(*root, "", "more than 10000 targets");
  if (reader.has_faults()) return std::unexpected(reader.take_faults());
  return list;
}

}  // namespace hitwatch::config
