// Literals of templates: Go's numbers, characters and strings.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "rules/templates/value.h"

namespace hitwatch::templates {

struct NumberLiteral {
  Value value;                        // integer or number, as it is written
  std::optional<std::int64_t> whole;  // if it is a whole number
  double number = 0;
};

// Errors are text/template's, without a position.
std::expected<NumberLiteral, std::string> read_number(std::string_view text);
// In single quotes; the number of the character.
std::expected<NumberLiteral, std::string> read_character(std::string_view text);
// In double quotes or back quotes.
std::expected<std::string, std::string> read_string(std::string_view text);

}  // namespace hitwatch::templates
