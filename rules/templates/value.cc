#include "rules/templates/value.h"

#include <algorithm>

namespace hitwatch::templates {

Value Value::list(List items) {
  items.depth = 1;
  for (const auto& item : items.items) items.depth = std::max(items.depth, item.depth() + 1);
  return Value(Kind(std::make_shared<const List>(std::move(items))));
}

Value Value::map(Map entries) {
  entries.depth = 1;
  for (const auto& [key, item] : entries.entries) {
    entries.depth = std::max(entries.depth, item.depth() + 1);
  }
  return Value(Kind(std::make_shared<const Map>(std::move(entries))));
}

bool Value::truth() const {
  if (const auto* boolean = as_boolean()) return *boolean;
  if (const auto* integer = as_integer()) return *integer != 0;
  if (const auto* number = as_number()) return *number != 0;
  if (const auto* text = as_text()) return !text->empty();
  if (const auto* list = as_list()) return !list->items.empty();
  if (const auto* map = as_map()) return !map->entries.empty();
  return as_object() != nullptr;
}

std::string_view Value::type_name() const {
  if (as_boolean() != nullptr) return "bool";
  if (as_integer() != nullptr) return "int";
  if (as_number() != nullptr) return "float64";
  if (as_text() != nullptr) return "string";
  if (const auto* list = as_list()) return list->type;
  if (const auto* map = as_map()) return map->type;
  if (const auto* object = as_object()) return object->type_name();
  return "<nil>";
}

int Value::depth() const {
  if (const auto* list = as_list()) return list->depth;
  if (const auto* map = as_map()) return map->depth;
  int deepest = 0;
  if (const auto* object = as_object()) {
    for (const auto& [name, item] : object->fields()) deepest = std::max(deepest, item.depth() + 1);
  }
  return deepest;
}

const Object::Fields& Object::fields() const {
  static const Fields none;
  return none;
}

const Function* Object::method(std::string_view) const { return nullptr; }

const Value* Object::field(std::string_view name) const {
  for (const auto& [key, value] : fields()) {
    if (key == name) return &value;
  }
  return nullptr;
}

}  // namespace hitwatch::templates
