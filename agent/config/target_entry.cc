#include "agent/config/target_entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "agent/config/access_entry.h"
#include "agent/config/checks.h"
#include "agent/config/key_selector.h"
#include "agent/config/schema.h"
#include "agent/net/small_file.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::config {
namespace {

using yaml::Mapping;
using yaml::Node;
using yaml::Reader;
using yaml::Value;

constexpr std::string_view kNeedsMatch =
    "needs a match, a pattern like '*.example.org:*', or a password_map";
constexpr std::size_t kMaxLabels = 64;
constexpr std::size_t kMaxLabelValueBytes = 1024;

std::optional<int> parse_database(std::string_view text) {
  int index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  const bool is_index = error == std::errc() && end == text.data() + text.size();
  return is_index && index >= 0 && index <= kMostDatabase ? std::optional(index) : std::nullopt;
}

// Sorted, so that the order in the file is no difference between targets.
void read_database_list(Mapping& mapping, const Value& list, std::vector<int>& out) {
  Reader& reader = mapping.reader();
  const auto items = mapping.read_items("databases");
  if (items.empty()) {
    reader.fault(*list.node, list.path, "needs a database; write 'all' for all of them");
  }
  for (const Value& item : items) {
    const auto text = reader.text(*item.node, item.path);
    if (!text) continue;
    const auto index = parse_database(*text);
    if (!index) {
      reader.fault(*item.node, item.path,
                   fmt::format("{} is not a number from 0 to {}", yaml::shown(item.node->text),
                               kMostDatabase));
    } else if (std::ranges::find(out, *index) != out.end()) {
      reader.fault(*item.node, item.path, "stands already in the list");
    } else {
      out.push_back(*index);
    }
  }
  std::ranges::sort(out);
}

// What stands beside a key that says all of an entry.
void refuse_others(Mapping& mapping, std::string_view key, std::string_view reason) {
  for (const yaml::Key& other : kTargetSchema.keys) {
    if (other.name != key) mapping.refuse(other.name, reason);
  }
}

void read_url_entry(Mapping& mapping, Config& config, TargetNames& names) {
  Reader& reader = mapping.reader();
  const auto url = mapping.take("url");
  auto target = read_target_url(reader, *url);
  const bool has_url = target.has_value();
  if (!has_url) target.emplace();
  const auto alias = mapping.take("alias");
  mapping.read("alias", target->alias);
  if (const auto labels = mapping.take("labels")) {
    target->labels = read_labels(reader, *labels, nullptr);
  }
  read_username(mapping, "username", target->username);
  read_secret_source(mapping, kPasswordKeys, target->password);
  read_tls(mapping, target->tls);
  if (has_url && mapping.has("tls") && !target->url.tls) {
    const auto tls = *mapping.take("tls");
    reader.fault(*tls.node, tls.path,
                 "has no effect on this URL; TLS needs rediss:// or valkeys://");
  }
  read_databases(mapping, target->databases);
  mapping.finish();
  if (!has_url) return;
  target->origin = reader.origin(mapping.node());
  names.add(reader, *target, mapping.path(), *url, alias);
  config.targets.push_back(*std::move(target));
}

void read_file_entry(Mapping& mapping, Config& config) {
  Reader& reader = mapping.reader();
  TargetFiles files;
  const Value value = *mapping.take("file");
  const auto text = reader.text(*value.node, value.path);
  refuse_others(mapping, "file",
                "not allowed beside 'file'; see 'credentials' for users and passwords");
  mapping.finish();
  if (!text) return;
  if (text->empty()) {
    reader.fault(*value.node, value.path, "has no value; give a file or a pattern");
    return;
  }
  files.glob = reader.resolve(*text);
  files.origin = reader.origin(mapping.node());
  // A pattern may match nothing yet; a file that is named must be there.
  if (files.glob.find_first_of("*?[") == std::string::npos) {
    if (const auto ok = net::check_readable_file(files.glob); !ok) {
      reader.fault(*value.node, value.path, ok.error());
    }
  }
  config.target_files.push_back(std::move(files));
}

template <typename Read>
void read_source(Mapping& mapping, std::string_view key, Read read, Config& config,
                 SourceNames& sources) {
  read(mapping.reader(), *mapping.take(key), config, sources);
  refuse_others(
      mapping, key,
      fmt::format("not allowed beside '{0}'; what is found has its settings in '{0}'", key));
  mapping.finish();
}

void read_label(Reader& reader, const Node& key, const Value& value, metrics::Labels& out) {
  if (const auto ok = check_target_label(key.text); !ok) {
    reader.fault(key, value.path, ok.error());
    return;
  }
  const auto text = reader.text(*value.node, value.path);
  if (!text || text->empty()) return;
  if (text->size() > kMaxLabelValueBytes) {
    reader.fault(*value.node, value.path, "longer than 1024 bytes");
    return;
  }
  out.push_back(metrics::Label{key.text, *text});
}

// Servers, users and passwords all stand in the map.
void read_password_map(Mapping& mapping, Credentials& credentials) {
  const Value value = *mapping.take("password_map");
  for (const yaml::Key& other : kCredentialsSchema.keys) {
    if (other.name == "password_map" || other.name == "username") continue;
    mapping.refuse(other.name, "not allowed beside 'password_map'; give it an entry of its own");
  }
  mapping.read("username", credentials.username);
  const auto file = mapping.reader().text(*value.node, value.path);
  if (!file) return;
  credentials.password_map.emplace(mapping.reader().resolve(*file));
  if (const auto ok = credentials.password_map->check(); !ok) {
    mapping.reader().fault(*value.node, value.path, ok.error().text);
  }
}

void read_pattern(Mapping& mapping, const Value& value, Credentials& credentials) {
  Reader& reader = mapping.reader();
  mapping.read("match", credentials.match);
  read_username(mapping, "username", credentials.username);
  read_secret_source(mapping, kPasswordKeys, credentials.password);
  read_tls(mapping, credentials.tls);
  if (credentials.match.empty()) {
    reader.fault(*value.node, value.path, kNeedsMatch);
  } else if (!mapping.has("username") && !mapping.has("password") &&
             !mapping.has("password_file") && !mapping.has("password_env") && !mapping.has("tls")) {
    reader.fault(*value.node, value.path, "needs a username, a password or tls");
  }
}

}  // namespace

void read_databases(Mapping& mapping, std::vector<int>& out) {
  const auto value = mapping.take("databases");
  if (!value) return;
  if (value->node->kind == Node::Kind::kSequence) return read_database_list(mapping, *value, out);
  const auto text = mapping.reader().text(*value->node, value->path);
  if (!text || *text == "all") return;
  mapping.reader().fault(
      *value->node, value->path,
      fmt::format("{} is neither 'all' nor a list like [0, 1]", yaml::shown(value->node->text)));
}

std::optional<TargetNames::Clash> TargetNames::add(const redis::Target& target,
                                                   const std::string& path) {
  const std::string server = fmt::format("{} {}", target.url.address(), target.url.database);
  const auto [same, is_new] = path_by_server_.emplace(server, path);
  if (!is_new) {
    return Clash{false, fmt::format("the same server and database as {}", same->second)};
  }
  const auto [namesake, is_new_name] = path_by_name_.emplace(target.name(), path);
  if (is_new_name) return std::nullopt;
  return Clash{true, fmt::format("the same name as {}", namesake->second)};
}

void TargetNames::add(Reader& reader, const redis::Target& target, const std::string& path,
                      const Value& url, const std::optional<Value>& alias) {
  const auto clash = add(target, path);
  if (!clash) return;
  if (!clash->of_name) {
    reader.fault(*url.node, url.path, clash->text);
    return;
  }
  const Value& at = alias ? *alias : url;
  reader.fault(*at.node, at.path, clash->text + "; give each an 'alias' of its own");
}

std::optional<redis::Target> read_target_url(Reader& reader, const Value& value) {
  const auto text = reader.text(*value.node, value.path);
  if (!text) return std::nullopt;
  auto target = target_from_url(*text);
  if (!target) {
    reader.fault(*value.node, value.path, target.error());
    return std::nullopt;
  }
  target->origin = reader.origin(*value.node);
  return *std::move(target);
}

metrics::Labels read_labels(Reader& reader, const Value& value, std::string* alias) {
  Mapping mapping(reader, *value.node, value.path);
  metrics::Labels labels;
  if (value.node->keys.size() > kMaxLabels) {
    reader.fault(*value.node, value.path, "more than 64 labels");
    return labels;
  }
  for (const auto& [key, item] : mapping.read_entries()) {
    if (alias != nullptr && key->text == "instance") {
      if (auto text = reader.text(*item.node, item.path)) *alias = *std::move(text);
    } else if (alias == nullptr || !key->text.starts_with("__")) {
      read_label(reader, *key, item, labels);
    }
  }
  std::ranges::sort(labels, {}, &metrics::Label::name);
  return labels;
}

void read_target_entry(Reader& reader, const Value& value, Config& config, TargetNames& names,
                       SourceNames& sources) {
  if (value.node->kind == Node::Kind::kScalar) {
    reader.fault(*value.node, value.path, "must be a mapping: write '- url: …' or '- file: …'");
    return;
  }
  Mapping mapping(reader, *value.node, value.path, kTargetSchema);
  if (value.node->kind == Node::Kind::kSequence) return;
  if (mapping.has("sentinel")) {
    return read_source(mapping, "sentinel", read_sentinel_entry, config, sources);
  }
  if (mapping.has("cluster")) {
    return read_source(mapping, "cluster", read_cluster_entry, config, sources);
  }
  if (mapping.has("file")) return read_file_entry(mapping, config);
  if (mapping.has("url")) return read_url_entry(mapping, config, names);
  reader.fault(*value.node, value.path, "needs a url, a file, a sentinel or a cluster");
  mapping.finish();
}

void read_credentials_entry(Reader& reader, const Value& value, Config& config) {
  Mapping mapping(reader, *value.node, value.path, kCredentialsSchema);
  if (value.node->kind != Node::Kind::kMapping) {
    if (value.node->kind == Node::Kind::kNull) {
      reader.fault(*value.node, value.path, kNeedsMatch);
    }
    return;
  }
  Credentials credentials;
  if (mapping.has("password_map")) {
    read_password_map(mapping, credentials);
  } else {
    read_pattern(mapping, value, credentials);
  }
  mapping.finish();
  config.credentials.push_back(std::move(credentials));
}

}  // namespace hitwatch::config
