// Templates in the language of Go's text/template, with the option missingkey=zero.
//
// Parsed once, executed as often as needed, from any thread. Any text is safe to parse and any
// template is safe to execute: what both may cost is bounded (limits.h).
//
// Differences from Go: no complex numbers, no range over integers, channels or functions, no custom
// delimiters; containers shown by print show what pointers point to rather than addresses.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "rules/templates/function.h"
#include "rules/templates/parser.h"
#include "rules/templates/syntax.h"
#include "rules/templates/value.h"

namespace hitwatch::templates {

class Template {
 public:
  // The functions that `functions` refers to must outlive the template.
  static std::expected<Template, ParseError> parse(std::string name, std::string source,
                                                   const FunctionTable& functions);

  // `data` is the dot. The error is text/template's message (executor.h).
  std::expected<std::string, std::string> execute(const Value& data,
                                                  const Environment& environment) const;

  const std::string& name() const { return name_; }

 private:
  Template(std::string name, std::string source, Definitions definitions)
      : name_(std::move(name)), source_(std::move(source)), definitions_(std::move(definitions)) {}

  std::string name_;
  std::string source_;
  Definitions definitions_;
};

}  // namespace hitwatch::templates
