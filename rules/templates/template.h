// Templates in the language of Go's text/template, with the option missingkey=zero.
//
// Parsed once, executed as often as needed, from any thread. What one text defines another can
// inherit. Any text is safe to parse and any
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
  // The functions that `functions` refers to must outlive the template, and all that inherit from
  // it. A definition of its own replaces an inherited one of that name, unless it is blank.
  static std::expected<Template, ParseError> parse(std::string name, std::string source,
                                                   const FunctionTable& functions,
                                                   const Definitions& inherited = {});

  // `data` is the dot. The error is text/template's message (executor.h).
  std::expected<std::string, std::string> execute(const Value& data,
                                                  const Environment& environment) const;

  const std::string& name() const { return name_; }
  // Its own, under its name and those that it defines, and the inherited ones.
  const Definitions& definitions() const { return definitions_; }

 private:
  Template(std::string name, Definitions definitions)
      : name_(std::move(name)), definitions_(std::move(definitions)) {}

  std::string name_;
  Definitions definitions_;
};

}  // namespace hitwatch::templates
