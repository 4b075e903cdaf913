// How values look as text: Go's fmt.Sprint, Sprintln and Sprintf.
//
// Differences from Go: what Go would show as the address of a pointer within a container is shown
// as the value that it points to. %p is a bad verb, and so are %b and %x of floats; # changes
// nothing about floats.
#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "rules/templates/value.h"

namespace hitwatch::templates {

// All of these fail only if the text would exceed `limit` bytes, with an error that says so.
using Printed = std::expected<std::string, std::string>;

// What an action prints: as sprint of the single value, but nil is `<no value>` and a pointer is
// followed.
Printed print_value(const Value& value, std::size_t limit);
// A space between two values that are both no texts.
Printed sprint(std::span<const Value> values, std::size_t limit);
// A space between all and a line feed at the end.
Printed sprintln(std::span<const Value> values, std::size_t limit);
// Verbs that do not fit become part of the text, as in Go: `%!d(string=x)`, `%!(EXTRA int=1)`.
Printed sprintf(std::string_view format, std::span<const Value> values, std::size_t limit);

}  // namespace hitwatch::templates
