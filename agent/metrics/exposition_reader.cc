#include "agent/metrics/exposition_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace hitwatch::metrics {
namespace {

constexpr std::string_view kBlanks = " \t";

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
}

// Where the series of a line ends: behind its closing brace, else at the first blank.
std::size_t series_length(std::string_view line) {
  const std::size_t open = line.find_first_of("{ \t");
  if (open == line.npos || line[open] != '{') return std::min(open, line.size());
  bool quoted = false;
  for (std::size_t i = open + 1; i < line.size(); ++i) {
    if (quoted && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == '}' && !quoted) {
      return i + 1;
    }
  }
  return line.size();
}

std::optional<double> read_value(std::string_view word) {
  if (word == "NaN" || word == "Nan") return std::numeric_limits<double>::quiet_NaN();
  if (word.starts_with('+')) word.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error == std::errc::result_out_of_range) return std::nullopt;
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

std::optional<SampleLine> read_line(std::string_view line) {
  SampleLine sample;
  const std::size_t length = series_length(line);
  sample.series = line.substr(0, length);
  line.remove_prefix(length);
  skip_blanks(line);
  const std::size_t word = std::min(line.find_first_of(kBlanks), line.size());
  const auto value = read_value(line.substr(0, word));
  if (sample.series.empty() || !value) return std::nullopt;
  sample.value = *value;
  line.remove_prefix(word);
  skip_blanks(line);
  if (line.empty()) return sample;
  std::int64_t time = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), time);
  if (error != std::errc()) return std::nullopt;
  sample.time = time;
  return sample;
}

// The text between the quotes that `rest` begins behind; `rest` then begins behind the closing one.
std::optional<std::string> read_quoted(std::string_view& rest) {
  std::string value;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return value;
    }
    if (rest[i] != '\\') {
      value += rest[i];
      continue;
    }
    if (++i == rest.size()) break;
    value += rest[i] == 'n' ? '\n' : rest[i];
  }
  return std::nullopt;
}

std::string unescaped_help(std::string_view text) {
  std::string help;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      help += text[i] == 'n' ? '\n' : text[i];
    } else {
      help += text[i];
    }
  }
  return help;
}

}  // namespace

std::expected<std::optional<SampleLine>, std::string> ExpositionReader::next() {
  while (!rest_.empty()) {
    std::string_view line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
    ++line_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    skip_blanks(line);
    if (line.empty() || line.front() == '#') continue;
    if (auto sample = read_line(line)) return sample;
    return std::unexpected(fmt::format("line {} is no sample", line_));
  }
  return std::nullopt;
}

std::expected<Labels, std::string> read_series(std::string_view series) {
  const std::size_t open = std::min(series.find('{'), series.size());
  std::string_view name = series.substr(0, open);
  name.remove_suffix(name.size() - std::min(name.find_last_not_of(kBlanks) + 1, name.size()));
  if (!is_metric_name(name)) return std::unexpected("the name of the metric is not valid");
  Labels labels{{"__name__", std::string(name)}};
  std::string_view rest = series.substr(open);
  if (rest.empty()) return labels;
  rest.remove_prefix(1);
  while (true) {
    skip_blanks(rest);
    if (rest.starts_with('}')) return labels;
    const std::size_t equals = rest.find('=');
    if (equals == rest.npos) return std::unexpected("a label has no value");
    std::string_view label = rest.substr(0, equals);
    label.remove_suffix(label.size() - (label.find_last_not_of(kBlanks) + 1));
    rest.remove_prefix(equals + 1);
    skip_blanks(rest);
    if (!rest.starts_with('"')) return std::unexpected("the value of a label is not quoted");
    rest.remove_prefix(1);
    auto value = read_quoted(rest);
    if (!value) return std::unexpected("the value of a label does not end");
    labels.push_back({std::string(label), *std::move(value)});
    skip_blanks(rest);
    if (rest.starts_with(',')) rest.remove_prefix(1);
  }
}

std::vector<Metadata> read_metadata(std::string_view text) {
  std::map<std::string_view, Metadata> families;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const bool help = line.starts_with("# HELP ");
    if (!help && !line.starts_with("# TYPE ")) continue;
    line.remove_prefix(7);
    const std::string_view name = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(name.size() + 1, line.size()));
    Metadata& family = families[name];
    family.name = name;
    if (help) {
      family.help = unescaped_help(line);
    } else {
      family.type = line == "untyped" ? "unknown" : line;
    }
  }
  std::vector<Metadata> all;
  for (auto& [name, family] : families) all.push_back(std::move(family));
  return all;
}

}  // namespace hitwatch::metrics
