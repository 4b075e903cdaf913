// Matchers over labels of alerts, in Alertmanager's notation.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metrics/labels.h"
#include "rules/window/matcher.h"

namespace hitwatch::notify {

using Matcher = window::Matcher;
using Matchers = std::vector<Matcher>;

// `severity="page"`, `severity=page`, `team =~ "a|b"`. In a value `\"`, `\\` and `\n` are escapes
// and any other backslash is one; an unquoted value reaches to the end, less spaces. A name that is
// not of the classic kind is quoted: `"team.eu"="a"`. The error is a sentence.
std::expected<Matcher, std::string> parse_matcher(std::string_view text);
// Several, comma separated, in braces or not: `{a="b", c!~"d"}`. Empty text is no matcher; a comma
// may follow the last one.
std::expected<Matchers, std::string> parse_matchers(std::string_view text);

// `severity="page"`, with a quoted value, as Alertmanager prints it.
std::string to_string(const Matcher& matcher);
// `{a="b",c!~"d"}`, sorted by name; `{}` for none. The route keys of Alertmanager are made of it.
std::string to_string(const Matchers& matchers);

// Whether all of them match; a missing label has the value "".
bool match(const Matchers& matchers, const metrics::Labels& labels);

}  // namespace hitwatch::notify
