#include "agent/web/strict_yaml.h"

#include <fmt/format.h>

#include <set>

namespace hitwatch::web {
namespace {

bool is_quoted(const YAML::Node& node) { return node.IsScalar() && node.Tag() == "!"; }

std::string_view kind_of(const YAML::Node& node) {
  if (node.IsMap()) return "a mapping";
  if (node.IsSequence()) return "a list";
  if (node.IsScalar()) return "a single value";
  return "nothing";
}

}  // namespace

StrictYaml::StrictYaml(std::string_view text, std::string name)
    : source_(text), name_(std::move(name)) {}

void StrictYaml::fail_at(const YAML::Mark& mark, std::string_view sentence) {
  if (fault_) return;
  // yaml-cpp counts from 0, and has -1 where it knows no place.
  fault_ = mark.line < 0
               ? fmt::format("{}: {}", name_, sentence)
               : fmt::format("{}:{}:{}: {}", name_, mark.line + 1, mark.column + 1, sentence);
}

void StrictYaml::fail(const YAML::Node& node, std::string_view sentence) {
  fail_at(node.Mark(), sentence);
}

std::optional<YAML::Node> StrictYaml::document() {
  try {
    std::vector<YAML::Node> documents = YAML::LoadAll(std::string(source_));
    if (documents.empty() || (documents.size() == 1 && documents[0].IsNull())) return std::nullopt;
    if (documents.size() > 1) {
      fail(documents[1], "a second document; only one is read, so take the '---' before it out");
      return std::nullopt;
    }
    return documents[0];
  } catch (const YAML::Exception& error) {
    fail_at(error.mark, fmt::format("not valid YAML: {}", error.msg));
    return std::nullopt;
  }
}

// Follows the source from an opening quote; yaml-cpp takes the end of the file for a closing one.
bool StrictYaml::quote_is_closed(const YAML::Node& scalar) const {
  std::size_t at = static_cast<std::size_t>(scalar.Mark().pos);
  if (at >= source_.size()) return true;
  const char quote = source_[at];
  if (quote != '"' && quote != '\'') return true;
  for (++at; at < source_.size(); ++at) {
    if (quote == '"' && source_[at] == '\\') {
      ++at;
    } else if (source_[at] == quote) {
      // Two single quotes are one quote inside the text.
      if (quote == '"' || at + 1 >= source_.size() || source_[at + 1] != quote) return true;
      ++at;
    }
  }
  return false;
}

bool StrictYaml::check_scalar(const YAML::Node& node, const std::string& path,
                              std::string_view wanted) {
  if (!node.IsScalar()) {
    fail(node, fmt::format("{}: expected {}, found {}", path, wanted, kind_of(node)));
    return false;
  }
  if (is_quoted(node) && !quote_is_closed(node)) {
    fail(node, fmt::format("{}: the quote that opens here is never closed", path));
    return false;
  }
  return true;
}

void StrictYaml::entries(
    const YAML::Node& node, const std::string& path,
    const std::function<void(const std::string&, const YAML::Node&, const YAML::Node&)>& read) {
  if (!node.IsMap()) {
    fail(node, fmt::format("{}expected a mapping of keys to values, found {}",
                           path.empty() ? "" : path + ": ", kind_of(node)));
    return;
  }
  std::set<std::string> seen;
  for (const auto& entry : node) {
    if (!check_scalar(entry.first, path.empty() ? "the file" : path, "a key that is text")) return;
    const std::string key = entry.first.Scalar();
    if (!seen.insert(key).second) {
      fail(entry.first,
           fmt::format("{}{}: written twice; keep one", path.empty() ? "" : path + ".", key));
      return;
    }
    read(key, entry.first, entry.second);
    if (fault_) return;
  }
}

void StrictYaml::mapping(const YAML::Node& node, const std::string& path,
                         std::span<const Key> keys) {
  const std::string prefix = path.empty() ? "" : path + ".";
  entries(node, path, [&](const std::string& name, const YAML::Node& at, const YAML::Node& value) {
    for (const Key& key : keys) {
      if (key.name == name) return key.read(value, prefix + name);
    }
    std::vector<std::string_view> known;
    for (const Key& key : keys) known.push_back(key.name);
    fail(at,
         fmt::format("{}{}: unknown key; known here: {}", prefix, name, fmt::join(known, ", ")));
  });
}

std::string StrictYaml::text(const YAML::Node& node, const std::string& path) {
  if (node.IsNull()) return {};
  return check_scalar(node, path, "text") ? node.Scalar() : std::string();
}

bool StrictYaml::boolean(const YAML::Node& node, const std::string& path) {
  if (!check_scalar(node, path, "true or false")) return false;
  if (!is_quoted(node) && node.Scalar() == "true") return true;
  if (is_quoted(node) || node.Scalar() != "false") {
    fail(node, fmt::format("{}: expected true or false, without quotes", path));
  }
  return false;
}

std::vector<std::pair<std::string, YAML::Node>> StrictYaml::texts(const YAML::Node& node,
                                                                  const std::string& path) {
  std::vector<std::pair<std::string, YAML::Node>> values;
  if (node.IsNull()) return values;
  if (!node.IsSequence()) {
    fail(node, fmt::format("{}: expected a list, found {}", path, kind_of(node)));
    return values;
  }
  for (const auto& item : node) {
    const std::string place = fmt::format("{}[{}]", path, values.size());
    if (!check_scalar(item, place, "text")) return {};
    values.emplace_back(item.Scalar(), item);
  }
  return values;
}

}  // namespace hitwatch::web
