// What template expressions compute with: a small model of the Go values that text/template sees.
// Values are immutable and cheap to copy: texts and containers are shared.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace hitwatch::templates {

struct Function;
struct List;
struct Map;
class Object;

class Value {
 public:
  Value() = default;  // nil
  static Value boolean(bool value) { return Value(Kind(value)); }
  static Value integer(std::int64_t value) { return Value(Kind(value)); }
  static Value number(double value) { return Value(Kind(value)); }
  static Value text(std::string value) {
    return Value(Kind(std::make_shared<const std::string>(std::move(value))));
  }
  static Value list(List items);
  static Value map(Map entries);
  static Value object(std::shared_ptr<const Object> object) {
    return Value(Kind(std::move(object)));
  }

  // Each is null when the value is of another kind.
  const bool* as_boolean() const { return std::get_if<bool>(&kind_); }
  const std::int64_t* as_integer() const { return std::get_if<std::int64_t>(&kind_); }
  const double* as_number() const { return std::get_if<double>(&kind_); }
  const std::string* as_text() const { return shared<std::string>(); }
  const List* as_list() const { return shared<List>(); }
  const Map* as_map() const { return shared<Map>(); }
  const Object* as_object() const { return shared<Object>(); }

  bool is_nil() const { return kind_.index() == 0; }
  // Go's truth: everything but nil, false, 0, and what is empty. Objects are true.
  bool truth() const;
  // As Go's %T says it: `float64`, `map[string]string`; nil is `<nil>`.
  std::string_view type_name() const;
  // How many containers lie within each other: 0 for what contains nothing. Bounded by whoever lets
  // templates build containers, so that nothing that walks a value recurses without end.
  int depth() const;

 private:
  using Kind = std::variant<std::monostate, bool, std::int64_t, double,
                            std::shared_ptr<const std::string>, std::shared_ptr<const List>,
                            std::shared_ptr<const Map>, std::shared_ptr<const Object>>;
  explicit Value(Kind kind) : kind_(std::move(kind)) {}
  template <typename T>
  const T* shared() const {
    const auto* pointer = std::get_if<std::shared_ptr<const T>>(&kind_);
    return pointer == nullptr ? nullptr : pointer->get();
  }

  Kind kind_;
};

// What Go's named list and map types have besides what they contain.
struct NamedType {
  // A function whose first argument is the list or map itself, or null. Lives as long as the
  // program.
  const Function* (*method)(std::string_view name) = nullptr;
  // What the String method answers, which printing then uses; null if there is none.
  std::string (*text)(const Value& value) = nullptr;
};

struct List {
  std::vector<Value> items;
  std::string_view type = "[]interface {}";  // outlives the list: a literal
  const NamedType* named = nullptr;          // outlives the list
  int depth = 1;                             // set by Value::list
};

struct Map {
  std::map<std::string, Value, std::less<>> entries;
  std::string_view type = "map[string]interface {}";
  const NamedType* named = nullptr;  // outlives the map
  // What a missing key gives: nil for maps of anything, the empty text for maps of texts.
  Value missing;
  int depth = 1;  // set by Value::map
};

// A map of texts, as label sets are.
template <typename Pairs>
Value text_map(const Pairs& pairs) {
  Map map{.entries = {}, .type = "map[string]string", .missing = Value::text(""), .depth = 1};
  for (const auto& [name, value] : pairs) {
    map.entries.insert_or_assign(std::string(name), Value::text(std::string(value)));
  }
  return Value::map(std::move(map));
}

// A struct of Go: fields, methods, or both.
class Object {
 public:
  using Fields = std::vector<std::pair<std::string_view, Value>>;  // names are literals

  virtual ~Object() = default;
  // As %T says it; starts with a star for what Go hands out as a pointer.
  virtual std::string_view type_name() const = 0;
  virtual const Fields& fields() const;
  // A function whose first argument is the object itself, or null. Lives as long as the program or
  // the object.
  virtual const Function* method(std::string_view name) const;
  // What its String method answers, which printing then uses.
  virtual std::optional<std::string> text() const { return std::nullopt; }
  // The number that it is underneath, as with Go's time.Duration.
  virtual std::optional<std::int64_t> integer() const { return std::nullopt; }

  const Value* field(std::string_view name) const;
};

// An object that is nothing but fields.
class Struct : public Object {
 public:
  Struct(std::string_view type, Fields fields) : type_(type), fields_(std::move(fields)) {}
  std::string_view type_name() const override { return type_; }
  const Fields& fields() const override { return fields_; }

 private:
  std::string_view type_;
  Fields fields_;
};

}  // namespace hitwatch::templates
