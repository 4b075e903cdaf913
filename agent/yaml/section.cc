#include "agent/yaml/section.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "agent/net/duration.h"
#include "agent/net/small_file.h"
#include "agent/yaml/environment.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::yaml {
namespace {

std::string_view kind_word(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::kNull:
      return "nothing";
    case Node::Kind::kScalar:
      return "a single value";
    case Node::Kind::kSequence:
      return "a list";
    case Node::Kind::kMapping:
      return "a mapping";
  }
  return "nothing";
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

}  // namespace

Reader::Reader(std::string file, Options options) : file_(std::move(file)), options_(options) {
  std::error_code ignored;
  folder_ = std::filesystem::absolute(file_, ignored).parent_path();
}

void Reader::fault(const Node& at, std::string_view path, std::string_view text) {
  faults_.push_back(fault_at(at, path, text));
}

Fault Reader::fault_at(const Node& at, std::string_view path, std::string_view text) const {
  return {file_, at.line, at.column,
          path.empty() ? std::string(text) : fmt::format("{}: {}", path, text)};
}

std::string Reader::origin(const Node& at) const {
  return fmt::format("{}:{}:{}", file_, at.line, at.column);
}

std::string Reader::resolve(const std::string& path) const {
  return (folder_ / path).lexically_normal().string();
}

std::vector<Fault> Reader::take_faults() {
  constexpr std::size_t kMost = 100;
  std::ranges::sort(faults_, {}, [](const Fault& fault) {
    return std::tie(fault.line, fault.column, fault.text);
  });
  if (faults_.size() > kMost) {
    const std::size_t more = faults_.size() - kMost;
    faults_.resize(kMost);
    faults_.push_back(Fault{file_, 0, 0, fmt::format("and {} more faults", more)});
  }
  return std::move(faults_);
}

std::optional<std::string> Reader::text(const Node& node, std::string_view path) {
  if (node.kind == Node::Kind::kNull) {
    fault(node, path, "has no value; give one or remove the key");
    return std::nullopt;
  }
  if (node.kind != Node::Kind::kScalar) {
    fault(node, path, fmt::format("must be a single value, not {}", kind_word(node.kind)));
    return std::nullopt;
  }
  if (!options_.expand_environment) return node.text;
  auto expanded = expand_environment(node.text);
  if (!expanded) {
    fault(node, path, expanded.error());
    return std::nullopt;
  }
  return *std::move(expanded);
}

Mapping::Mapping(Reader& reader, const Node& node, std::string path)
    : reader_(reader), node_(node), path_(std::move(path)) {
  if (node.kind == Node::Kind::kScalar || node.kind == Node::Kind::kSequence) {
    reader.fault(node, path_,
                 fmt::format("must be a mapping of keys to values, not {}", kind_word(node.kind)));
    return;
  }
  std::map<std::string_view, int> first_lines;
  for (const Node& key : node.keys) {
    const auto [first, is_new] = first_lines.emplace(key.text, key.line);
    if (is_new) continue;
    reader.fault(key, is_word(key.text) ? path_of(key.text) : path_,
                 fmt::format("given twice, first in line {}", first->second));
  }
}

Mapping::Mapping(Reader& reader, const Node& node, std::string path, const Schema& schema)
    : Mapping(reader, node, std::move(path)) {
  schema_ = &schema;
}

const Type& Mapping::type_of(std::string_view key) const {
  const Key* declared = schema_ == nullptr ? nullptr : schema_->find(key);
  return declared == nullptr ? kText : declared->type;
}

const Node* Mapping::find(std::string_view key) const {
  // Sequences have items without keys.
  for (std::size_t i = 0; i < node_.keys.size() && i < node_.items.size(); ++i) {
    if (node_.keys[i].text == key) return &node_.items[i];
  }
  return nullptr;
}

std::string Mapping::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

std::optional<Value> Mapping::take(std::string_view key) {
  known_.push_back(key);
  const bool declared =
      schema_ == nullptr ? !reader_.options().only_declared : schema_->find(key) != nullptr;
  if (!declared) reader_.fault(node_, path_of(key), "is read, but no schema has it: a bug");
  const Node* node = find(key);
  if (node == nullptr) return std::nullopt;
  return Value{node, path_of(key)};
}

void Mapping::read(std::string_view key, std::string& out) {
  const auto value = take(key);
  if (!value) return;
  if (auto text = reader_.text(*value->node, value->path)) out = *std::move(text);
}

void Mapping::read(std::string_view key, bool& out) {
  const auto value = take(key);
  if (!value) return;
  const auto text = reader_.text(*value->node, value->path);
  if (!text) return;
  if (*text != "true" && *text != "false") {
    reader_.fault(*value->node, value->path,
                  fmt::format("{} is not true or false", shown(value->node->text)));
    return;
  }
  out = *text == "true";
}

void Mapping::read(std::string_view key, std::chrono::milliseconds& out) {
  const auto value = take(key);
  if (!value) return;
  const auto text = reader_.text(*value->node, value->path);
  if (!text) return;
  const auto duration = net::parse_duration(*text);
  if (!duration) {
    reader_.fault(*value->node, value->path,
                  fmt::format("{} is {}", shown(value->node->text), duration.error()));
    return;
  }
  out = *duration;
}

void Mapping::read_size(std::string_view key, std::uint64_t& out) {
  const auto value = take(key);
  if (!value) return;
  const auto text = reader_.text(*value->node, value->path);
  if (!text) return;
  const auto size = net::parse_size(*text);
  if (!size) {
    reader_.fault(*value->node, value->path,
                  fmt::format("{} is {}", shown(value->node->text), size.error()));
    return;
  }
  out = *size;
}

void Mapping::read_file(std::string_view key, std::string& out) {
  const auto value = take(key);
  if (!value) return;
  const auto text = reader_.text(*value->node, value->path);
  if (!text) return;
  if (text->empty()) {
    reader_.fault(*value->node, value->path, "has no value; give a file or remove the key");
    return;
  }
  out = reader_.resolve(*text);
  if (const auto ok = net::check_readable_file(out); !ok) {
    reader_.fault(*value->node, value->path, ok.error());
  }
}

std::vector<Value> Mapping::read_items(std::string_view key) {
  const auto value = take(key);
  if (!value || value->node->kind == Node::Kind::kNull) return {};
  if (value->node->kind != Node::Kind::kSequence) {
    reader_.fault(*value->node, value->path,
                  fmt::format("must be a list, not {}", kind_word(value->node->kind)));
    return {};
  }
  std::vector<Value> items;
  for (const Node& item : value->node->items) {
    items.push_back(Value{&item, fmt::format("{}[{}]", value->path, items.size())});
  }
  return items;
}

std::vector<Entry> Mapping::read_entries() {
  std::vector<Entry> entries;
  // Sequences have items without keys.
  for (std::size_t i = 0; i < node_.keys.size() && i < node_.items.size(); ++i) {
    const Node& key = node_.keys[i];
    known_.push_back(key.text);
    const std::string word = is_word(key.text) ? key.text : shown(key.text);
    entries.push_back(Entry{&key, Value{&node_.items[i], path_of(word)}});
  }
  return entries;
}

std::optional<std::size_t> Mapping::choose(std::string_view key,
                                           std::span<const std::string_view> words) {
  const auto value = take(key);
  if (schema_ != nullptr && !std::ranges::equal(words, type_of(key).choices)) {
    reader_.fault(node_, path_of(key), "has other words in its schema: a bug");
  }
  if (!value) return std::nullopt;
  const auto text = reader_.text(*value->node, value->path);
  if (!text) return std::nullopt;
  const auto found = std::ranges::find(words, *text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  reader_.fault(*value->node, value->path,
                fmt::format("{} is none of {}", shown(value->node->text), fmt::join(words, ", ")));
  return std::nullopt;
}

void Mapping::refuse(std::string_view key, std::string_view reason) {
  refused_.push_back(key);
  for (const Node& name : node_.keys) {
    if (name.text == key) reader_.fault(name, path_of(key), reason);
  }
}

bool Mapping::is_known(std::string_view key) const {
  if (schema_ != nullptr) return schema_->others != nullptr || schema_->find(key) != nullptr;
  return std::ranges::find(known_, key) != known_.end();
}

std::vector<std::string_view> Mapping::known_keys() const {
  if (schema_ == nullptr) return known_;
  std::vector<std::string_view> names;
  for (const Schema* part = schema_; part != nullptr; part = part->also) {
    for (const Key& key : part->keys) names.push_back(key.name);
  }
  return names;
}

void Mapping::report_unknown(const Node& key) {
  if (!is_word(key.text)) {
    reader_.fault(key, path_, fmt::format("unknown key: {}", shown(key.text)));
    return;
  }
  const std::string path = path_of(key.text);
  const auto top_keys = reader_.options().top_keys;
  if (std::ranges::find(top_keys, key.text) != top_keys.end()) {
    reader_.fault(key, path,
                  fmt::format("unknown key here; '{}' stands at the top of the file", key.text));
    return;
  }
  const std::vector<std::string_view> known = known_keys();
  std::string_view meant = nearest_word(key.text, known);
  if (meant.empty()) meant = nearest_word(key.text, top_keys);
  if (!meant.empty()) {
    reader_.fault(key, path, fmt::format("unknown key, did you mean '{}'?", meant));
    return;
  }
  std::vector<std::string_view> offered = known;
  std::ranges::sort(offered);
  offered.erase(std::ranges::unique(offered).begin(), offered.end());
  reader_.fault(key, path,
                offered.empty()
                    ? "unknown key"
                    : fmt::format("unknown key; the keys here are {}", fmt::join(offered, ", ")));
}

void Mapping::finish() {
  for (const Node& key : node_.keys) {
    const bool handled =
        is_known(key.text) || std::ranges::find(refused_, key.text) != refused_.end();
    if (!handled) report_unknown(key);
  }
}

}  // namespace hitwatch::yaml
