// Functions and methods that templates call.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/templates/limits.h"
#include "rules/templates/value.h"

namespace re2 {
class RE2;
}

namespace hitwatch::templates {

struct QuerySample {
  std::vector<std::pair<std::string, std::string>> labels;  // sorted by name
  double value = 0;
};
// Evaluates an expression at the time that the caller has bound. The error is shown to people.
using Query = std::function<std::expected<std::vector<QuerySample>, std::string>(std::string_view)>;

// The world outside of a template. All of it must outlive the execution.
struct Environment {
  std::string_view external_url;
  double now = 0;                // seconds since 1970
  const Query* query = nullptr;  // null: `query` is an error
};

// What the functions called by one execution share.
struct Call {
  const Environment& environment;
  Budget& budget;
  std::map<std::string, std::unique_ptr<re2::RE2>, std::less<>>& patterns;  // compiled so far
};

using Arguments = std::span<const Value>;
using Result = std::expected<Value, std::string>;

// Go's name of the type that takes any value.
inline constexpr std::string_view kAny = "interface {}";

struct Function {
  std::string_view name;
  // Go's names of the types: `string`, `float64`, kAny. The last may be repeated or left out if the
  // function is variadic. Arguments have these types when `call` runs; nil only for kAny, maps,
  // lists and pointers.
  std::vector<std::string_view> parameters;
  bool variadic = false;
  Result (*call)(Call&, Arguments) = nullptr;
  // The truth of an argument that makes it the result, with the others not evaluated (`and`, `or`).
  std::optional<bool> short_circuit = std::nullopt;
};

// Names that a template may call.
class FunctionTable {
 public:
  FunctionTable() = default;
  explicit FunctionTable(std::vector<std::span<const Function>> tables)
      : tables_(std::move(tables)) {}
  // Null if there is none.
  const Function* find(std::string_view name) const {
    for (const auto& table : tables_) {
      for (const auto& function : table) {
        if (function.name == name) return &function;
      }
    }
    return nullptr;
  }

 private:
  std::vector<std::span<const Function>> tables_;
};

}  // namespace hitwatch::templates
