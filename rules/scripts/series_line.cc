#include "rules/scripts/series_line.h"

#include <fmt/core.h>

#include <algorithm>

#include "rules/promql/parser.h"
#include "rules/window/matcher.h"

namespace hitwatch::scripts {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

// The end of the text in quotes that begins at `at`, behind the closing quote.
std::size_t end_of_quoted(std::string_view line, std::size_t at) {
  const char quote = line[at];
  for (std::size_t i = at + 1; i < line.size(); ++i) {
    if (line[i] == '\\' && quote != '`') {
      ++i;
    } else if (line[i] == quote) {
      return i + 1;
    }
  }
  return line.size();
}

// Where the labels in braces that begin at `at` end.
std::size_t end_of_labels(std::string_view line, std::size_t at) {
  while (at < line.size() && line[at] != '}') {
    const bool quoted = line[at] == '"' || line[at] == '\'' || line[at] == '`';
    at = quoted ? end_of_quoted(line, at) : at + 1;
  }
  return std::min(at + 1, line.size());
}

std::size_t end_of_metric(std::string_view line) {
  const std::size_t name = std::min(line.find_first_of(" \t{@"), line.size());
  const std::size_t next = std::min(line.find_first_not_of(kBlanks, name), line.size());
  const bool labels =
      next < line.size() && line[next] == '{' && !line.substr(next).starts_with("{{");
  return labels ? end_of_labels(line, next) : name;
}

}  // namespace

std::expected<metrics::Labels, std::string> parse_metric(std::string_view text) {
  text = without_blanks(text);
  metrics::Labels labels;
  const bool braces = text.starts_with('{') && text.ends_with('}');
  if (braces && without_blanks(text.substr(1, text.size() - 2)).empty()) return labels;
  const auto matchers = promql::parse_selector(text);
  if (!matchers) {
    return std::unexpected(
        fmt::format("'{}' is no series: {}", text, promql::describe(matchers.error(), text)));
  }
  for (const window::Matcher& matcher : *matchers) {
    if (matcher.kind() != window::Matcher::Kind::kEqual) {
      return std::unexpected(
          fmt::format("'{}' is no series: its labels must have one value", text));
    }
    if (!matcher.value().empty()) labels.push_back({matcher.name(), matcher.value()});
  }
  std::ranges::sort(labels, {}, &metrics::Label::name);
  const auto twice = std::ranges::adjacent_find(labels, {}, &metrics::Label::name);
  if (twice != labels.end()) {
    return std::unexpected(fmt::format("'{}' has the label {} twice", text, twice->name));
  }
  return labels;
}

std::expected<SeriesLine, std::string> parse_series_line(std::string_view line) {
  constexpr std::string_view kStartTimes = "@st";
  line = without_blanks(line);
  const std::size_t end = end_of_metric(line);
  auto labels = parse_metric(line.substr(0, end));
  if (!labels) return std::unexpected(std::move(labels.error()));
  SeriesLine series{.labels = *std::move(labels), .start_times = false, .values = {}};
  std::string_view rest = line.substr(end);
  if (rest.starts_with(kStartTimes)) {
    // Their notation is one of its own: nobody here reads it.
    series.start_times = true;
    return series;
  }
  auto values = parse_series_values(rest);
  if (!values) return std::unexpected(std::move(values.error()));
  series.values = *std::move(values);
  return series;
}

}  // namespace hitwatch::scripts
