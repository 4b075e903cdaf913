#include "tests/apps/reference_statsd.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace hitwatch::apps::reference {
namespace {

constexpr std::size_t kMostLineBytes = 65'535;
constexpr std::size_t kMostValues = 1024;

std::vector<std::string> split(const std::string& text, char between) {
  std::vector<std::string> parts = {""};
  for (const char c : text) {
    if (c == between) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// What is before and after the first `sign`; nothing if there is none.
std::optional<std::pair<std::string, std::string>> cut(const std::string& text, char sign) {
  const auto at = text.find(sign);
  if (at == std::string::npos) return std::nullopt;
  return std::pair(text.substr(0, at), text.substr(at + 1));
}

std::optional<double> number_of(const std::string& text) {
  for (const char c : text) {
    if (std::string("0123456789+-.eE").find(c) == std::string::npos) return std::nullopt;
  }
  if (text.empty() || text.front() == '+') return std::nullopt;
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (end != text.c_str() + text.size() || std::isinf(number)) return std::nullopt;
  const std::string digits = text.substr(0, text.find_first_of("eE"));
  const bool is_zero = digits.find_first_of("123456789") == std::string::npos;
  if (number == 0 && !is_zero) return std::nullopt;
  return number;
}

std::optional<StatsdType> type_of(const std::string& word) {
  static const std::map<std::string, StatsdType> types = {
      {"c", StatsdType::kCounter},   {"g", StatsdType::kGauge},        {"ms", StatsdType::kTiming},
      {"h", StatsdType::kHistogram}, {"d", StatsdType::kDistribution}, {"s", StatsdType::kSet}};
  const auto found = types.find(word);
  if (found == types.end()) return std::nullopt;
  return found->second;
}

void add_tags(Line& line, const std::string& tags, char between, char assign) {
  const std::map<std::string, std::string*> ours = {{"tenant", &line.tenant},
                                                    {"type", &line.type},
                                                    {"key", &line.key},
                                                    {"operation", &line.operation},
                                                    {"layer", &line.layer}};
  for (const std::string& tag : split(tags, between)) {
    const auto parts = cut(tag, assign);
    if (!parts) continue;
    const auto found = ours.find(parts->first);
    if (found != ours.end() && found->second->empty()) *found->second = parts->second;
  }
}

// Takes the name and its tags out of what stands before the first "|"; answers the values. Nothing
// if there are none.
std::optional<std::string> read_head(Line& line, const std::string& head) {
  const auto at = head.find_first_of(":#,;[");
  if (at == std::string::npos) return std::nullopt;
  line.name = head.substr(0, at);
  std::string after = head.substr(at + 1);
  if (head[at] == ':') return after;
  if (head[at] == '[') {
    const auto brackets = cut(after, ']');
    if (!brackets) return std::nullopt;
    const auto tail = cut(brackets->second, ':');
    if (!tail) return std::nullopt;
    add_tags(line, brackets->first, ',', '=');
    line.name += tail->first;
    return tail->second;
  }
  const auto colon = after.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  add_tags(line, after.substr(0, colon), head[at] == ';' ? ';' : ',', '=');
  return after.substr(colon + 1);
}

std::optional<Rejection> read_values(std::vector<Sample>& group, const std::string& values,
                                     std::size_t before) {
  for (const std::string& value : split(values, ':')) {
    if (value.empty()) return Rejection::kMalformed;
    if (before + group.size() == kMostValues) return Rejection::kTooLong;
    group.push_back({.value = value});
  }
  return std::nullopt;
}

std::optional<Rejection> read_numbers(std::vector<Sample>& group, StatsdType type) {
  for (Sample& sample : group) {
    sample.type = type;
    if (type == StatsdType::kSet) continue;
    const bool has_plus = sample.value.starts_with('+') && !sample.value.starts_with("+-");
    const auto number = number_of(has_plus ? sample.value.substr(1) : sample.value);
    if (!number) return Rejection::kValue;
    sample.number = *number;
  }
  return std::nullopt;
}

}  // namespace

std::expected<Line, Rejection> read(const std::string& text) {
  if (text.size() > kMostLineBytes) return std::unexpected(Rejection::kTooLong);
  Line line;
  const std::vector<std::string> sections = split(text, '|');
  std::size_t next = 1;
  std::optional<std::string> values = read_head(line, sections.front());
  if (!values || line.name.empty()) return std::unexpected(Rejection::kMalformed);
  while (values) {
    std::vector<Sample> group;
    if (const auto fault = read_values(group, *values, line.samples.size())) {
      return std::unexpected(*fault);
    }
    if (next == sections.size()) return std::unexpected(Rejection::kMalformed);
    values.reset();
    std::string type = sections[next++];
    if (const auto parts = cut(type, ':')) std::tie(type, values) = *parts;
    if (type.empty()) return std::unexpected(Rejection::kMalformed);
    if (!type_of(type)) return std::unexpected(Rejection::kType);
    if (const auto fault = read_numbers(group, *type_of(type))) return std::unexpected(*fault);
    bool has_rate = false;
    for (; !values && next < sections.size(); ++next) {
      std::string field = sections[next];
      if (field.starts_with('#')) add_tags(line, field.substr(1), ',', ':');
      if (!field.starts_with('@')) continue;
      if (const auto parts = cut(field, ':')) std::tie(field, values) = *parts;
      const auto rate = number_of(field.substr(1));
      if (!rate || *rate < 1e-9 || *rate > 1) return std::unexpected(Rejection::kRate);
      for (Sample& sample : group) sample.rate = has_rate ? sample.rate : *rate;
      has_rate = true;
    }
    line.samples.insert(line.samples.end(), group.begin(), group.end());
  }
  return line;
}

namespace {

std::string shown(const Sample& sample) {
  return fmt::format(" '{}'={} @{} type {}", sample.value, sample.number, sample.rate,
                     static_cast<int>(sample.type));
}

std::string shown(const std::expected<Line, Rejection>& line) {
  if (!line) return std::string(rejection_word(line.error()));
  std::string text =
      fmt::format("name '{}' tenant '{}' type '{}' key '{}' operation '{}' layer '{}'", line->name,
                  line->tenant, line->type, line->key, line->operation, line->layer);
  for (const Sample& sample : line->samples) text += shown(sample);
  return text;
}

std::expected<Line, Rejection> copy(const std::expected<StatsdLine, Rejection>& line) {
  if (!line) return std::unexpected(line.error());
  const lookups::Subject& subject = line->subject;
  Line out{std::string(line->name),
           std::string(subject.tenant),
           std::string(subject.type),
           std::string(subject.key),
           std::string(subject.operation),
           std::string(subject.layer),
           {}};
  for (const StatsdSample& sample : line->samples) {
    out.samples.push_back({std::string(sample.value), sample.number, sample.rate, sample.type});
  }
  return out;
}

}  // namespace

std::string difference(StatsdLineReader& reader, const std::string& line) {
  const std::string right = shown(read(line));
  const std::string seen = shown(copy(reader.read(line)));
  if (right == seen) return "";
  return fmt::format("'{}'\n  reader:    {}\n  reference: {}", line, seen, right);
}

}  // namespace hitwatch::apps::reference
