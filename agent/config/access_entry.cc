#include "agent/config/access_entry.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "agent/config/schema.h"
#include "agent/yaml/environment.h"

namespace hitwatch::config {
namespace {

using yaml::Mapping;
using yaml::Reader;
using yaml::Value;

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

void read_username(Mapping& mapping, std::string_view key, std::string& out) {
  const bool has_earlier = !out.empty();
  const auto value = mapping.take(key);
  if (!value) return;
  auto text = mapping.reader().text(*value->node, value->path);
  if (!text) return;
  if (has_earlier) {
    mapping.reader().fault(*value->node, value->path, "the URL has a user already; give one");
    return;
  }
  out = *std::move(text);
}

void read_secret_source(Mapping& mapping, const SecretKeys& keys, net::SecretSource& out) {
  const auto fields = std::to_array<std::pair<std::string_view, std::string net::SecretSource::*>>(
      {{keys.literal, &net::SecretSource::literal},
       {keys.file, &net::SecretSource::file},
       {keys.environment, &net::SecretSource::environment}});
  Reader& reader = mapping.reader();
  bool has_one = !out.empty();
  for (const auto& [key, field] : fields) {
    if (key.empty()) continue;
    const auto value = mapping.take(key);
    if (!value) continue;
    auto text = reader.text(*value->node, value->path);
    if (!text) continue;
    if (has_one) {
      reader.fault(*value->node, value->path, keys.second);
      continue;
    }
    has_one = true;
    if (field == &net::SecretSource::environment && !yaml::is_variable_name(*text)) {
      reader.fault(*value->node, value->path, "must be the name of an environment variable");
      continue;
    }
    out.*field = field == &net::SecretSource::file ? reader.resolve(*text) : *std::move(text);
    if (const auto secret = net::read_secret(out); !secret) {
      reader.fault(*value->node, value->path, secret.error().text);
    }
  }
}

void read_token(Mapping& mapping, net::SecretSource& out) {
  read_secret_source(mapping, kTokenKeys, out);
  std::optional<Value> given;
  for (const std::string_view key : {kTokenKeys.literal, kTokenKeys.file, kTokenKeys.environment}) {
    if (!given) given = mapping.take(key);
  }
  const auto secret = net::read_secret(out);
  // One that cannot be read is a fault already, and so is a key without a text.
  if (!given || given->node->kind != yaml::Node::Kind::kScalar || !secret) return;
  if (is_token(*secret)) return;
  mapping.reader().fault(
      *given->node, given->path,
      secret->empty() ? "the token is empty" : "the token must be printable ASCII without spaces");
}

void read_tls(Mapping& parent, net::TlsOptions& out) {
  const auto value = parent.take("tls");
  if (!value) return;
  Reader& reader = parent.reader();
  Mapping mapping(reader, *value->node, value->path, kTlsSchema);
  mapping.read_file("ca_file", out.ca_file);
  mapping.read_file("cert_file", out.cert_file);
  mapping.read_file("key_file", out.key_file);
  mapping.read("server_name", out.server_name);
  mapping.read("insecure_skip_verify", out.insecure_skip_verify);
  if (mapping.has("cert_file") != mapping.has("key_file")) {
    reader.fault(*value->node, value->path, "cert_file and key_file need each other");
  }
  mapping.finish();
}

}  // namespace hitwatch::config
