#include "collectors/apps/statsd_line.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "collectors/apps/statsd_number.h"

namespace hitwatch::apps {
namespace {

using Fault = std::optional<Rejection>;

// What ends the plain part of a name.
constexpr auto kEndsName = [] {
  std::array<bool, 256> ends{};
  for (const char c : std::string_view(":|#,;[")) ends[static_cast<unsigned char>(c)] = true;
  return ends;
}();

// As ==, but with a length that the compiler knows, without a call.
template <std::size_t Size>
bool is_word(std::string_view text, const char (&word)[Size]) {
  return text.size() == Size - 1 && std::memcmp(text.data(), word, Size - 1) == 0;
}

// The field of the subject that a tag of this name sets; none for the tags of others.
std::string_view* field_of(lookups::Subject& subject, std::string_view name) {
  if (is_word(name, "tenant")) return &subject.tenant;
  if (is_word(name, "type")) return &subject.type;
  if (is_word(name, "key")) return &subject.key;
  if (is_word(name, "operation")) return &subject.operation;
  if (is_word(name, "layer")) return &subject.layer;
  return nullptr;
}

void read_tags(std::string_view tags, char between, char assign, lookups::Subject& subject) {
  while (!tags.empty()) {
    const std::size_t end = std::min(tags.find(between), tags.size());
    const std::string_view tag = tags.substr(0, end);
    const std::size_t name = std::min(tag.find(assign), tag.size());
    std::string_view* field = field_of(subject, tag.substr(0, name));
    if (field != nullptr && field->empty() && name < tag.size()) *field = tag.substr(name + 1);
    tags.remove_prefix(std::min(end + 1, tags.size()));
  }
}

std::optional<StatsdType> type_of(std::string_view word) {
  if (word == "ms") return StatsdType::kTiming;
  if (word.size() != 1) return std::nullopt;
  switch (word.front()) {
    case 'c':
      return StatsdType::kCounter;
    case 'g':
      return StatsdType::kGauge;
    case 'h':
      return StatsdType::kHistogram;
    case 'd':
      return StatsdType::kDistribution;
    case 's':
      return StatsdType::kSet;
    default:
      return std::nullopt;
  }
}

// Sets the number of a sample from its value; false if that is none.
bool read_number(StatsdSample& sample) {
  if (sample.type == StatsdType::kSet) return true;
  std::string_view digits = sample.value;
  if (digits.starts_with('+')) {
    digits.remove_prefix(1);
    if (digits.starts_with('-')) return false;
  }
  return parse_number(digits, sample.number);
}

// A line on its way to being read: `rest_` is what is still to come.
class Parser {
 public:
  Parser(std::string_view line, std::vector<StatsdSample>& samples, std::string& joined_name)
      : rest_(line), samples_(samples), joined_name_(joined_name) {}

  Fault read(StatsdLine& out) {
    if (const Fault fault = read_name(out)) return fault;
    do {
      if (const Fault fault = read_group(out.subject)) return fault;
    } while (!rest_.empty());
    out.samples = samples_;
    return std::nullopt;
  }

 private:
  // Takes what is before the first `end`, or everything.
  std::string_view take_until(char end) {
    const std::size_t size = std::min(rest_.find(end), rest_.size());
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  // Takes what is before the next "|" or ":", of which both end it.
  std::string_view take_word() {
    std::size_t size = 0;
    while (size < rest_.size() && rest_[size] != '|' && rest_[size] != ':') ++size;
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  // Takes the name and its tags; the rest starts with the ":" of the first value.
  Fault read_name(StatsdLine& out) {
    std::size_t size = 0;
    while (size < rest_.size() && !kEndsName[static_cast<unsigned char>(rest_[size])]) ++size;
    if (size == rest_.size() || rest_[size] == '|') return Rejection::kMalformed;
    out.name = rest_.substr(0, size);
    const char style = rest_[size];
    rest_.remove_prefix(size);
    if (style != ':') {
      const bool is_whole = style == '[' ? read_brackets(out) : read_name_tags(style, out.subject);
      if (!is_whole) return Rejection::kMalformed;
    }
    if (out.name.empty()) return Rejection::kMalformed;
    return std::nullopt;
  }

  // Librato, InfluxDB, Graphite. False if no value follows.
  bool read_name_tags(char style, lookups::Subject& subject) {
    const std::string_view head = rest_.substr(0, rest_.find('|'));
    const std::size_t colon = head.rfind(':');
    if (colon == std::string_view::npos) return false;
    read_tags(head.substr(1, colon - 1), style == ';' ? ';' : ',', '=', subject);
    rest_.remove_prefix(colon);
    return true;
  }

  // SignalFX. False if the bracket stays open or no value follows.
  bool read_brackets(StatsdLine& out) {
    const std::string_view head = rest_.substr(0, rest_.find('|'));
    const std::size_t close = head.find(']');
    if (close == std::string_view::npos) return false;
    const std::size_t colon = head.find(':', close);
    if (colon == std::string_view::npos) return false;
    read_tags(head.substr(1, close - 1), ',', '=', out.subject);
    if (const std::string_view more = head.substr(close + 1, colon - close - 1); !more.empty()) {
      joined_name_.assign(out.name);
      joined_name_.append(more);
      out.name = joined_name_;
    }
    rest_.remove_prefix(colon);
    return true;
  }

  Fault read_group(lookups::Subject& subject) {
    const std::size_t first = samples_.size();
    if (const Fault fault = read_values()) return fault;
    rest_.remove_prefix(1);  // "|"
    const std::string_view word = take_word();
    if (word.empty()) return Rejection::kMalformed;
    const auto type = type_of(word);
    if (!type) return Rejection::kType;
    const std::span<StatsdSample> group = std::span(samples_).subspan(first);
    for (StatsdSample& sample : group) {
      sample.type = *type;
      if (!read_number(sample)) return Rejection::kValue;
    }
    return read_fields(group, subject);
  }

  // Takes the values, each with the ":" before it; the rest starts with the "|" that ends them.
  Fault read_values() {
    while (rest_.starts_with(':')) {
      rest_.remove_prefix(1);
      const std::string_view value = take_word();
      if (value.empty()) return Rejection::kMalformed;
      if (samples_.size() == kMaxValues) return Rejection::kTooLong;
      samples_.push_back({.value = value});
    }
    if (rest_.empty()) return Rejection::kMalformed;
    return std::nullopt;
  }

  // Takes the fields of a group; the rest is empty or starts with the ":" of another one.
  Fault read_fields(std::span<StatsdSample> group, lookups::Subject& subject) {
    std::optional<double> rate;
    while (rest_.starts_with('|')) {
      rest_.remove_prefix(1);  // "|"
      if (rest_.starts_with('@')) {
        rest_.remove_prefix(1);
        double number = 0;
        if (!parse_number(take_word(), number) || number < kLeastRate || number > 1) {
          return Rejection::kRate;
        }
        if (!rate) rate = number;
      } else if (const std::string_view field = take_until('|'); field.starts_with('#')) {
        read_tags(field.substr(1), ',', ':', subject);
      }
    }
    if (rate) {
      for (StatsdSample& sample : group) sample.rate = *rate;
    }
    return std::nullopt;
  }

  std::string_view rest_;
  std::vector<StatsdSample>& samples_;
  std::string& joined_name_;
};

}  // namespace

std::string_view rejection_word(Rejection rejection) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"malformed", "type", "wrong_type", "value", "negative", "rate", "too_long"});
  static_assert(kWords.size() == kRejections);
  return kWords[static_cast<std::size_t>(rejection)];
}

std::expected<StatsdLine, Rejection> StatsdLineReader::read(std::string_view line) {
  samples_.clear();
  // Returned in one place only, so that it is made where the caller has it: copies cost as much as
  // the tags do.
  std::expected<StatsdLine, Rejection> out;
  if (line.size() > kMaxLineBytes) {
    out = std::unexpected(Rejection::kTooLong);
  } else if (const Fault fault = Parser(line, samples_, joined_name_).read(*out)) {
    out = std::unexpected(*fault);
  }
  return out;
}

bool is_skipped_line(std::string_view line) {
  return line.empty() ||
         (line.front() == '_' && (line.starts_with("_e{") || line.starts_with("_sc|")));
}

}  // namespace hitwatch::apps
