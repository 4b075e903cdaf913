#include "agent/config/json_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/config/schema.h"

namespace hitwatch::config {
namespace {

using Json = nlohmann::ordered_json;
using yaml::Key;
using yaml::Schema;
using yaml::Type;

// Any scalar may hold a variable of the environment.
constexpr std::string_view kVariableText = R"(|\$\{[A-Za-z_][A-Za-z0-9_]*\})";

Json pattern(std::string_view expression) {
  return {{"type", "string"}, {"pattern", fmt::format("{}{}", expression, kVariableText)}};
}

class JsonSchema {
 public:
  Json make(const Schema& root) {
    Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                   {"title", "Configuration of hitwatch"}};
    schema.update(object(root));
    schema["type"] = {"object", "null"};
    Json definitions = Json::object();
    // More come while these are written.
    for (std::size_t next = 0; next < named_.size();) {
      const auto [keys, name] = named_[next++];
      definitions[name] = object(*keys);
    }
    schema["definitions"] = std::move(definitions);
    return schema;
  }

 private:
  Json object(const Schema& schema) {
    Json properties = Json::object();
    for (const Schema* part = &schema; part != nullptr; part = part->also) {
      for (const Key& key : part->keys) properties[key.name] = property(key);
    }
    Json out = {{"type", "object"}, {"properties", std::move(properties)}};
    out["additionalProperties"] =
        schema.others == nullptr ? Json(false) : value(*schema.others, "");
    return out;
  }

  Json property(const Key& key) {
    Json out = value(key.type, key.name);
    out["description"] = key.about;
    if (!key.initial.empty()) out["default"] = key.initial;
    return out;
  }

  Json value(const Type& type, std::string_view key) {
    switch (type.kind) {
      case Type::Kind::kText:
        return {{"type", {"string", "number", "boolean"}}};
      case Type::Kind::kBoolean:
        return any({{{"type", "boolean"}}, pattern("^(true|false)$")});
      case Type::Kind::kDuration:
        return any({{{"const", 0}}, pattern("^(0|([0-9]+(y|w|d|h|m|s|ms))+)$")});
      case Type::Kind::kSize:
        return any({{{"type", "integer"}, {"minimum", 0}}, pattern("^[0-9]+(|B|[KMGT]iB)$")});
      case Type::Kind::kCount:
        return any({{{"type", "integer"}, {"minimum", type.least}, {"maximum", type.most}},
                    pattern("^[0-9]+$")});
      case Type::Kind::kChoice:
        return any({{{"enum", type.choices}}, pattern("^$a")});
      case Type::Kind::kMapping:
        return any(
            {{{"$ref", "#/definitions/" + definition(*type.keys, key)}}, {{"type", "null"}}});
      case Type::Kind::kEntries:
        return {{"type", {"object", "null"}}, {"additionalProperties", value(*type.items, key)}};
      case Type::Kind::kList:
        return {{"type", {"array", "null"}}, {"items", value(*type.items, key)}};
      case Type::Kind::kEither:
        return any({value(*type.items, key), value(*type.other, key)});
    }
    return Json::object();
  }

  static Json any(std::vector<Json> choices) { return {{"anyOf", std::move(choices)}}; }

  // The name of a mapping: the key it first stands under, with a number if that is taken.
  std::string definition(const Schema& schema, std::string_view key) {
    const auto known = std::ranges::find(named_, &schema, &Named::first);
    if (known != named_.end()) return known->second;
    std::string name(key);
    for (int i = 2; std::ranges::find(named_, name, &Named::second) != named_.end(); ++i) {
      name = fmt::format("{}_{}", key, i);
    }
    named_.emplace_back(&schema, name);
    return name;
  }

  using Named = std::pair<const Schema*, std::string>;
  std::vector<Named> named_;
};

}  // namespace

std::string json_schema() { return JsonSchema().make(kRootSchema).dump(2) + "\n"; }

}  // namespace hitwatch::config
