#include "rules/scripts/script.h"

#include <fmt/core.h>
#include <re2/re2.h>

#include <algorithm>

#include "rules/promql/duration.h"
#include "rules/promql/number.h"
#include "rules/promql/parser.h"

namespace hitwatch::scripts {
namespace {

constexpr std::string_view kSpaces = " \t\r";
constexpr std::size_t kMostValues = 5'000'000;  // of all series of a script

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) + 1 - begin);
}

// Trimmed, comments empty.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    lines.push_back(line.starts_with('#') ? std::string_view() : line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string first_word(std::string_view line) {
  std::string word(line.substr(0, line.find_first_of(kSpaces)));
  std::ranges::transform(word, word.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
  return word;
}

using Milliseconds = std::expected<std::int64_t, std::string>;

Milliseconds duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto value = promql::parse_duration(text.substr(negative ? 1 : 0));
  if (!value) return value;
  return negative ? -*value : *value;
}

std::expected<Steps, std::string> steps(std::string_view start, std::string_view end,
                                        std::string_view step) {
  Steps steps;
  for (const auto& [text, target] :
       {std::pair{start, &steps.start}, std::pair{end, &steps.end}, std::pair{step, &steps.step}}) {
    const auto value = duration(text);
    if (!value) return std::unexpected(value.error());
    *target = *value;
  }
  if (steps.end < steps.start) return std::unexpected("the end lies before the start");
  if (steps.step <= 0) return std::unexpected("the step must be more than nothing");
  return steps;
}

std::optional<double> number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto value = promql::parse_number(text);
  if (!value) return std::nullopt;
  return negative ? -*value : *value;
}

using Fault = std::optional<std::string>;  // what is wrong, if anything is

// The lines of a script, read from front to back.
class Reader {
 public:
  explicit Reader(std::string_view text) : lines_(lines_of(text)) {}

  std::expected<std::vector<Command>, ScriptFault> read() {
    std::vector<Command> commands;
    for (; at_ < lines_.size(); ++at_) {
      if (lines_[at_].empty()) continue;
      Command command{.line = line(), .what = Clear()};
      if (const Fault fault = read_command(command)) {
        return std::unexpected(ScriptFault{line(), *fault});
      }
      commands.push_back(std::move(command));
    }
    return commands;
  }

 private:
  int line() const { return static_cast<int>(std::min(at_, lines_.size() - 1)) + 1; }
  std::string_view text() const { return lines_[at_]; }

  // The next line of the same command, if there is one.
  bool next() {
    if (at_ + 1 >= lines_.size() || lines_[at_ + 1].empty()) return false;
    ++at_;
    return true;
  }

  Fault read_command(Command& command) {
    const std::string word = first_word(text());
    if (word == "clear") return std::nullopt;
    if (word.starts_with("load")) return read_load(command.what.emplace<Load>());
    if (word.starts_with("eval")) return read_eval(command.what.emplace<Eval>());
    return fmt::format("'{}' is no command: there are clear, load and eval", word);
  }

  Fault read_load(Load& load) {
    std::string histograms;
    std::string step;
    if (!RE2::FullMatch(text(), load_pattern_, &histograms, &step)) return "write: load 5m";
    const auto length = duration(step);
    if (!length) return length.error();
    if (*length <= 0) return "samples must lie apart";
    load.step = *length;
    load.makes_histograms = !histograms.empty();
    while (next()) {
      if (Fault fault = read_series(load.series)) return fault;
    }
    return std::nullopt;
  }

  Fault read_series(std::vector<SeriesLine>& target) {
    auto series = parse_series_line(text());
    if (!series) return series.error();
    values_ += series->values.size();
    if (values_ > kMostValues) return fmt::format("more than {} values", kMostValues);
    target.push_back(*std::move(series));
    return std::nullopt;
  }

  Fault read_eval(Eval& eval) {
    std::string mode, start, end, step;
    if (RE2::FullMatch(text(), range_pattern_, &mode, &start, &end, &step, &eval.query)) {
      const auto given = steps(start, end, step);
      if (!given) return given.error();
      eval.range = true;
      eval.steps = *given;
    } else if (RE2::FullMatch(text(), instant_pattern_, &mode, &start, &eval.query)) {
      const auto at = duration(start.empty() ? "0" : start);
      if (!at) return at.error();
      eval.steps = {*at, *at, 0};
    } else {
      return "write: eval instant at 5m QUERY, or: eval range from 0 to 10m step 5m QUERY";
    }
    if (mode == "fail") eval.fail.emplace();
    if (mode == "warn") eval.warnings.emplace_back();
    if (mode == "info") eval.infos.emplace_back();
    eval.ordered = mode == "ordered";
    while (next()) {
      if (Fault fault = read_expectation(eval)) return fault;
      if (eval.scalar) break;
    }
    return std::nullopt;
  }

  Fault read_expectation(Eval& eval) {
    if (first_word(text()) == "expect") return read_expect(eval);
    std::string kind, wanted;
    if (RE2::FullMatch(text(), old_text_pattern_, &kind, &wanted)) {
      using Match = ExpectedText::Match;
      eval.fail = {kind == "message" ? Match::kExact : Match::kPattern, wanted};
      return std::nullopt;
    }
    if (const auto scalar = number(text())) {
      eval.scalar = scalar;
      return std::nullopt;
    }
    if (Fault fault = read_series(eval.series)) return fault;
    if (!eval.range && !eval.matrix && eval.series.back().values.size() != 1) {
      return "an instant query has one value of a series";
    }
    return std::nullopt;
  }

  Fault read_expect(Eval& eval) {
    std::string word, kind, wanted, end, step;
    if (RE2::FullMatch(text(), note_pattern_, &word, &kind, &wanted)) {
      return take_note(eval, word, kind, trimmed(wanted));
    }
    if (RE2::FullMatch(text(), string_pattern_, &wanted)) {
      const auto literal = promql::parse(wanted);
      const auto* const value =
          literal ? std::get_if<promql::StringLiteral>(&(*literal)->node) : nullptr;
      if (value == nullptr) return fmt::format("{} is no text in quotes", wanted);
      eval.text = value->value;
      return std::nullopt;
    }
    if (RE2::FullMatch(text(), matrix_pattern_, &wanted, &end, &step)) {
      const auto given = steps(wanted, end, step);
      if (!given) return given.error();
      eval.matrix = *given;
      return std::nullopt;
    }
    return "unknown expectation: there are ordered, fail, warn, no_warn, info, no_info, string and "
           "range vector";
  }

  static Fault take_note(Eval& eval, std::string_view word, std::string_view kind,
                         std::string_view wanted) {
    using Match = ExpectedText::Match;
    ExpectedText expected{Match::kAny, std::string(wanted)};
    if (kind == "msg") expected.match = Match::kExact;
    if (kind == "regex") expected.match = Match::kPattern;
    if (kind == "regex" && !RE2(expected.text, RE2::Quiet).ok()) {
      return fmt::format("'{}' is no regular expression", wanted);
    }
    if (word == "ordered") eval.ordered = true;
    if (word == "no_warn") eval.no_warnings = true;
    if (word == "no_info") eval.no_infos = true;
    if (word == "warn") eval.warnings.push_back(expected);
    if (word == "info") eval.infos.push_back(expected);
    if (word != "fail") return std::nullopt;
    if (eval.fail) return "a query fails once";
    eval.fail = expected;
    return std::nullopt;
  }

  const RE2 load_pattern_{R"(load(?:_(with_nhcb))?\s+(.+?))"};
  const RE2 instant_pattern_{
      R"(eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(.+?))?\s+(.+))"};
  const RE2 range_pattern_{
      R"(eval(?:_(fail|warn|info))?\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+?)\s+(.+))"};
  const RE2 old_text_pattern_{R"(expected_fail_(message|regexp)\s+(.+))"};
  const RE2 note_pattern_{
      R"(expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?)"};
  const RE2 string_pattern_{R"(expect\s+string\s+(.+))"};
  const RE2 matrix_pattern_{R"(expect\s+range\s+vector\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+))"};

  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
};

}  // namespace

bool ExpectedText::matches(std::string_view actual) const {
  switch (match) {
    case Match::kAny:
      return true;
    case Match::kExact:
      return actual == text;
    case Match::kPattern:
      return RE2::PartialMatch(actual, text);
  }
  return false;
}

std::expected<std::vector<Command>, ScriptFault> parse_script(std::string_view text) {
  return Reader(text).read();
}

}  // namespace hitwatch::scripts
