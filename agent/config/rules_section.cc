#include "agent/config/rules_section.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "agent/config/bounded_values.h"
#include "agent/config/schema.h"
#include "agent/net/http_url.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::config {
namespace {

using yaml::Entry;
using yaml::Mapping;
using yaml::Reader;
using yaml::Value;

constexpr std::size_t kMaxFiles = 1000;
constexpr auto kNoDataWords = std::to_array<std::pair<std::string_view, NoData>>(
    {{"keep", NoData::kKeep}, {"resolve", NoData::kResolve}, {"alert", NoData::kAlert}});

bool is_glob(std::string_view path) { return path.find_first_of("*?[") != path.npos; }

void read_files(Mapping& mapping, std::vector<std::string>& out) {
  Reader& reader = mapping.reader();
  const auto items = mapping.read_items("files");
  if (items.size() > kMaxFiles) {
    reader.fault(*mapping.take("files")->node, "rules.files", "more than 1000 entries");
    return;
  }
  for (const Value& item : items) {
    const auto text = reader.text(*item.node, item.path);
    if (!text) continue;
    std::string path = reader.resolve(*text);
    std::error_code ignored;
    if (text->empty() || (!is_glob(path) && !std::filesystem::is_regular_file(path, ignored))) {
      reader.fault(*item.node, item.path, yaml::shown(*text) + " is no file");
      continue;
    }
    out.push_back(std::move(path));
  }
}

void read_external_labels(Mapping& mapping, metrics::Labels& out) {
  const auto value = mapping.take("external_labels");
  if (!value) return;
  Mapping labels(mapping.reader(), *value->node, value->path);
  for (const Entry& entry : labels.read_entries()) {
    auto text = mapping.reader().text(*entry.value.node, entry.value.path);
    if (!text) continue;
    if (!metrics::is_label_name(entry.key->text)) {
      mapping.reader().fault(*entry.key, entry.value.path, "is not the name of a label");
      continue;
    }
    out.push_back({entry.key->text, *std::move(text)});
  }
  labels.finish();
}

void read_external_url(Mapping& mapping, std::string& out) {
  mapping.read("external_url", out);
  const auto value = mapping.take("external_url");
  if (!value || out.empty()) return;
  if (const auto url = net::parse_http_url(out); !url) {
    mapping.reader().fault(*value->node, value->path, "the URL " + url.error());
  }
  while (out.ends_with('/')) out.pop_back();
}

}  // namespace

void read_rules(Mapping& root, Rules& out) {
  const auto value = root.take("rules");
  if (!value) return;
  Mapping mapping(root.reader(), *value->node, value->path, kRulesSchema);
  mapping.read("bundled", out.bundled);
  read_files(mapping, out.files);
  read_bounded(mapping, "evaluation_interval", out.evaluation_interval);
  read_bounded(mapping, "window", out.window);
  read_external_labels(mapping, out.external_labels);
  read_external_url(mapping, out.external_url);
  mapping.read_choice<NoData>("no_data", kNoDataWords, out.no_data);
  mapping.read("react", out.react);
  mapping.finish();
}

}  // namespace hitwatch::config
