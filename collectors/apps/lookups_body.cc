// A streaming parser calls ReportReader for each piece, so that a body costs memory for its reports
// only and ends at its first fault, however deep or wide what follows is.
#include "collectors/apps/lookups_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace hitwatch::apps {
namespace {

constexpr double kMaxCount = 1e9;
constexpr double kMaxMilliseconds = lookups::kMaxSeconds * 1000;
constexpr std::string_view kBlank = " \t\r\n";
constexpr std::string_view kFieldList =
    "tenant, type, key, operation, layer, result, count, latency_ms, trace_id, span_id";

enum Field : std::uint8_t {
  kTenant,
  kType,
  kKey,
  kOperation,
  kLayer,
  kResult,
  kCount,
  kLatency,
  kTraceId,
  kSpanId
};
constexpr auto kFields =
    std::to_array<std::string_view>({"tenant", "type", "key", "operation", "layer", "result",
                                     "count", "latency_ms", "trace_id", "span_id"});
constexpr auto kTexts = std::to_array<std::string Report::*>(
    {&Report::tenant, &Report::type, &Report::key, &Report::operation, &Report::layer});

struct Word {
  std::string_view word;
  lookups::Outcome outcome;
};
constexpr auto kOutcomes = std::to_array<Word>({{"hit", lookups::Outcome::kHit},
                                                {"miss", lookups::Outcome::kMiss},
                                                {"error", lookups::Outcome::kError}});

// Counts lines while the parser reads.
struct Lines {
  std::size_t current;
  // Where the last character that is not blank stands: after a number the parser has read one
  // character more, which may be the end of the line.
  std::size_t visible;
};

// The text, as the parser wants it; notes how far it got.
class Cursor {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Cursor(const char* at, Lines& lines) : at_(at), lines_(&lines) {}

  const char& operator*() const { return *at_; }
  Cursor& operator++() {
    if (*at_ == '\n') {
      ++lines_->current;
    } else if (kBlank.find(*at_) == std::string_view::npos) {
      lines_->visible = lines_->current;
    }
    ++at_;
    return *this;
  }
  bool operator==(const Cursor& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  Lines* lines_;
};

// A field's name for a message, if it looks like one.
std::string shown(std::string_view name) {
  const bool is_word = !name.empty() && name.size() <= 32 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  return is_word ? fmt::format("unknown field '{}'", name) : "unknown field";
}

// The parser's own words, without what it read: `parse error at line 1, column 2: syntax error
// while parsing value - invalid literal; last read: '…'`.
std::string syntax_fault(std::string_view what) {
  const std::size_t begin = what.find("syntax error");
  if (begin == std::string_view::npos) return "not JSON: a number is out of range";
  what.remove_prefix(begin);
  return fmt::format("not JSON: {}", what.substr(0, what.find("; last read")));
}

// What the parser calls; false ends it. `fault` is then set.
class ReportReader {
 public:
  ReportReader(bool lists_allowed, std::vector<Report>& reports)
      : lists_allowed_(lists_allowed), reports_(reports) {}

  const std::string& fault() const { return fault_; }
  // Whether the one object outside of a list has ended.
  bool has_ended() const { return has_ended_; }

  bool null() { return wrong("null"); }
  bool boolean(bool) { return wrong("true or false"); }
  bool number_integer(std::int64_t number) { return take(static_cast<double>(number)); }
  bool number_unsigned(std::uint64_t number) { return take(static_cast<double>(number)); }
  bool number_float(double number, const std::string&) { return take(number); }
  bool binary(nlohmann::json::binary_t&) { return wrong("bytes"); }
  bool string(std::string& text);
  bool start_object(std::size_t);
  bool key(std::string& name);
  bool end_object();
  bool start_array(std::size_t);
  bool end_array() { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) {
    return refuse(syntax_fault(error.what()));
  }

 private:
  bool refuse(std::string text) {
    fault_ = std::move(text);
    return false;
  }
  bool wrong(std::string_view what);
  bool take(double number);
  bool take_result(std::string_view text);
  bool take_trace(std::string_view text);
  bool take_span(std::string_view text);

  bool lists_allowed_;
  std::vector<Report>& reports_;
  bool in_list_ = false;
  bool in_object_ = false;
  bool has_ended_ = false;
  Field field_ = kTenant;
  std::bitset<kFields.size()> seen_;
  Report report_;
  std::string fault_;
};

// A value of the wrong type.
bool ReportReader::wrong(std::string_view what) {
  if (!in_object_) {
    return refuse(fmt::format("must be an object like {{\"result\": \"hit\"}}, not {}", what));
  }
  const std::string_view wanted = field_ == kCount || field_ == kLatency ? "number" : "string";
  return refuse(fmt::format("{} must be a {}, not {}", kFields[field_], wanted, what));
}

bool ReportReader::take(double number) {
  if (!in_object_ || (field_ != kCount && field_ != kLatency)) return wrong("a number");
  if (field_ == kCount) {
    if (number < 1 || number > kMaxCount || number != std::floor(number)) {
      return refuse("count must be a whole number from 1 to 1000000000");
    }
    report_.count = number;
    return true;
  }
  if (number < 0 || number > kMaxMilliseconds) {
    return refuse("latency_ms must be a number from 0 to 1000000000");
  }
  report_.latency_seconds = number / 1000;
  return true;
}

bool ReportReader::string(std::string& text) {
  if (!in_object_ || field_ == kCount || field_ == kLatency) return wrong("a string");
  if (field_ == kResult) return take_result(text);
  if (field_ == kTraceId) return take_trace(text);
  if (field_ == kSpanId) return take_span(text);
  report_.*kTexts[field_] = std::move(text);
  return true;
}

bool ReportReader::take_result(std::string_view text) {
  const auto known = std::ranges::find(kOutcomes, text, &Word::word);
  if (known == kOutcomes.end()) return refuse("result must be 'hit', 'miss' or 'error'");
  report_.outcome = known->outcome;
  return true;
}

bool ReportReader::take_trace(std::string_view text) {
  const auto id = trace::parse_trace_id(text);
  if (!id) return refuse("trace_id must be 32 hexadecimal digits that are not all 0");
  report_.trace = *id;
  return true;
}

bool ReportReader::take_span(std::string_view text) {
  const auto id = trace::parse_span_id(text);
  if (!id) return refuse("span_id must be 16 hexadecimal digits that are not all 0");
  report_.span = *id;
  return true;
}

bool ReportReader::start_object(std::size_t) {
  if (in_object_) return wrong("an object");
  if (reports_.size() >= kMaxReports) {
    return refuse(fmt::format("more than {} lookups in one body", kMaxReports));
  }
  in_object_ = true;
  seen_.reset();
  report_ = {};
  return true;
}

bool ReportReader::key(std::string& name) {
  const auto known = std::ranges::find(kFields, name);
  if (known == kFields.end()) {
    return refuse(fmt::format("{}; the fields are {}", shown(name), kFieldList));
  }
  field_ = static_cast<Field>(known - kFields.begin());
  if (seen_.test(field_)) return refuse(fmt::format("{} is given twice", name));
  seen_.set(field_);
  return true;
}

bool ReportReader::end_object() {
  in_object_ = false;
  if (!seen_.test(kResult)) return refuse("result is missing: 'hit', 'miss' or 'error'");
  if (seen_.test(kSpanId) && !seen_.test(kTraceId)) return refuse("span_id needs a trace_id");
  reports_.push_back(std::move(report_));
  has_ended_ = !in_list_;
  return true;
}

bool ReportReader::start_array(std::size_t) {
  if (in_object_ || in_list_ || !lists_allowed_) return wrong("a list");
  in_list_ = true;
  return true;
}

struct Failure {
  BodyFault fault;
  bool is_after_object;  // the one object of the text was in order
};

// Adds the reports of one JSON value, whose text begins in line `line`.
std::optional<Failure> read_value(std::string_view text, std::size_t line, bool lists_allowed,
                                  std::vector<Report>& reports) {
  Lines lines{line, line};
  ReportReader reader(lists_allowed, reports);
  const Cursor begin(text.data(), lines);
  const Cursor end(text.data() + text.size(), lines);
  if (nlohmann::json::sax_parse(begin, end, &reader)) return std::nullopt;
  return Failure{{lines.visible, reader.fault()}, reader.has_ended()};
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(kBlank) == std::string_view::npos;
}

std::expected<std::vector<Report>, BodyFault> read_lines(std::string_view body) {
  std::vector<Report> reports;
  std::size_t line = 1;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const std::string_view text = body.substr(0, end);
    if (!is_blank(text)) {
      auto failure = read_value(text, line, false, reports);
      if (failure) return std::unexpected(std::move(failure->fault));
    }
    body.remove_prefix(std::min(end + 1, body.size()));
    ++line;
  }
  return reports;
}

}  // namespace

std::expected<std::vector<Report>, BodyFault> parse_lookups_body(std::string_view body) {
  if (is_blank(body)) return std::unexpected(BodyFault{1, "the body is empty"});
  if (body.size() > kMaxLookupsBody) {
    return std::unexpected(BodyFault{1, fmt::format("more than {} bytes", kMaxLookupsBody)});
  }
  std::vector<Report> reports;
  auto failure = read_value(body, 1, true, reports);
  if (!failure) return reports;
  // Something follows the first object: so there is one a line.
  if (failure->is_after_object) return read_lines(body);
  return std::unexpected(std::move(failure->fault));
}

}  // namespace hitwatch::apps
