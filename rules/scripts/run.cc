#include "rules/scripts/run.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "rules/promql/ast_walk.h"
#include "rules/promql/parser.h"
#include "rules/promql/printer.h"
#include "rules/scripts/compare.h"
#include "rules/scripts/pin.h"
#include "rules/scripts/reads.h"
#include "rules/scripts/script.h"
#include "rules/scripts/storage.h"

namespace hitwatch::scripts {
namespace {

using promql::Expr;

constexpr std::int64_t kMinute = 60'000;

constexpr std::string_view kHistogramExpected = "a native histogram is expected";
constexpr std::string_view kHistogramRead = "a selector reads a native histogram";
constexpr std::string_view kStartTimesRead = "a selector reads a series with start timestamps";
constexpr std::string_view kHistogramsTrimmed = "the query trims native histograms";
constexpr std::string_view kFlagged = "the query uses a feature that Prometheus has behind a flag";

bool expects_histogram(const Eval& eval) {
  return std::ranges::any_of(eval.series, [](const SeriesLine& series) {
    return std::ranges::any_of(series.values, [](const SequenceValue& value) {
      return value.kind == SequenceValue::Kind::kHistogram;
    });
  });
}

// Why a query that cannot be parsed is none of ours, if it has what is unknown here outside of
// quotes: the operators `</` and `>/` that trim native histograms; words that only a flag makes
// known: `anchored` and `smoothed` of range selectors, the function start_timestamp.
std::optional<std::string_view> unknown_here(std::string_view query) {
  for (std::size_t i = 0; i < query.size();) {
    const char c = query[i];
    if (c == '"' || c == '\'' || c == '`') {
      for (++i; i < query.size() && query[i] != c; ++i) {
        if (query[i] == '\\' && c != '`') ++i;
      }
      ++i;
      continue;
    }
    const std::size_t begin = i;
    while (i < query.size() && (std::isalnum(static_cast<unsigned char>(query[i])) ||
                                query[i] == '_' || query[i] == ':')) {
      ++i;
    }
    const std::string_view word = query.substr(begin, i - begin);
    if (word == "anchored" || word == "smoothed") return kFlagged;
    const std::string_view rest = query.substr(i);
    if (rest.starts_with("</") || rest.starts_with(">/")) return kHistogramsTrimmed;
    const bool called = i < query.size() && query[i] == '(';
    if (called && word == "start_timestamp") return kFlagged;
    if (i == begin) ++i;
  }
  return std::nullopt;
}

// One evaluation of an eval: which tree, and when.
struct Attempt {
  const Expr* expr;
  std::string_view text;  // of the tree
  std::int64_t time;
  std::string name;  // of a failure; "" for the plain one
};

class Runner {
 public:
  explicit Runner(const promql::QueryOptions& options) : options_(options) {}

  void operator()(const Clear&) { storage_.clear(); }
  void operator()(const Load& load) { storage_.load(load); }
  void operator()(const Eval& eval) {
    const auto expr = promql::parse(eval.query);
    const auto unknown = expr ? std::nullopt : unknown_here(eval.query);
    if (unknown) return skip(*unknown);
    if (!expr) return finish(eval, unparsed(eval, promql::describe(expr.error(), eval.query)));
    if (const auto reason = reason_to_skip(eval, **expr)) return skip(*reason);
    finish(eval, eval.range ? run_range(eval, **expr) : run_instant(eval, **expr));
  }

  void at(int line) { line_ = line; }
  Report take() { return std::move(report_); }

 private:
  void skip(std::string_view reason) { report_.skipped[std::string(reason)].push_back(line_); }

  void finish(const Eval& eval, const Difference& difference) {
    if (!difference) {
      ++report_.passed;
    } else {
      report_.failures.push_back({line_, fmt::format("{}\n  {}", eval.query, *difference)});
    }
  }

  static Difference unparsed(const Eval& eval, const std::string& error) {
    if (eval.fail) return compare_error(*eval.fail, error);
    return fmt::format("cannot be parsed: {}", error);
  }

  std::optional<std::string_view> reason_to_skip(const Eval& eval, const Expr& expr) const {
    if (expects_histogram(eval)) return kHistogramExpected;
    for (const Read& read : reads(expr, eval.steps.start, eval.steps.end, options_)) {
      switch (storage_.unreadable(read.matchers, read.after, read.until)) {
        case Unreadable::kNone:
          continue;
        case Unreadable::kHistogram:
          return kHistogramRead;
        case Unreadable::kStartTimes:
          return kStartTimesRead;
      }
    }
    return std::nullopt;
  }

  Difference run_range(const Eval& eval, const Expr& expr) {
    const auto result =
        promql::evaluate_range(expr, eval.query, storage_.window(), eval.steps.start,
                               eval.steps.end, eval.steps.step, options_);
    if (!result) return failed(eval, result.error().text);
    if (eval.fail) return "expected an error, there was none";
    if (Difference notes = compare_notes(eval, *result)) return notes;
    return compare_result(eval, *result, eval.steps.start);
  }

  static Difference failed(const Eval& eval, const std::string& error) {
    if (eval.fail) return compare_error(*eval.fail, error);
    return fmt::format("error: {}", error);
  }

  Difference run_instant(const Eval& eval, const Expr& expr) {
    const std::int64_t time = eval.steps.start;
    std::vector<Attempt> attempts{{&expr, eval.query, time, ""}};
    // By way of its text, which so is tested, too.
    const auto text = pinned_text(eval.query, time);
    const auto pinned = promql::parse(text);
    if (!pinned) {
      return fmt::format("printed as '{}', which cannot be parsed: {}", text,
                         promql::describe(pinned.error(), text));
    }
    if (!reads_the_clock(expr)) {
      std::vector<std::int64_t> others{-10 * time, 0, time / 5, time, 10 * time};
      if (time == 0) others = {-1000, 0, 1000};
      for (const std::int64_t other : others) {
        attempts.push_back(
            {pinned->get(), text, other, fmt::format("{}, at {} ms: ", text, other)});
      }
    }
    for (const Attempt& attempt : attempts) {
      if (Difference difference = attempt_instant(eval, attempt)) {
        return attempt.name + *difference;
      }
    }
    return std::nullopt;
  }

  static std::string pinned_text(const std::string& query, std::int64_t time) {
    const auto expr = promql::parse(query);
    pin(**expr, time);
    return promql::print(**expr);
  }

  Difference attempt_instant(const Eval& eval, const Attempt& attempt) {
    const auto result = promql::evaluate_instant(*attempt.expr, attempt.text, storage_.window(),
                                                 attempt.time, options_);
    if (!result) return failed(eval, result.error().text);
    if (eval.fail) return "expected an error, there was none";
    if (Difference notes = compare_notes(eval, *result)) return notes;
    if (Difference difference = compare_result(eval, *result, attempt.time)) return difference;
    if (!has_middle(eval, *attempt.expr)) return std::nullopt;
    const auto range =
        promql::evaluate_range(*attempt.expr, attempt.text, storage_.window(),
                               attempt.time - kMinute, attempt.time + kMinute, kMinute, options_);
    if (!range) return fmt::format("as a range query: error: {}", range.error().text);
    const Difference middle = compare_middle(eval, *range, attempt.time);
    if (!middle) return std::nullopt;
    return fmt::format("as a range query: {}", *middle);
  }

  // Whether a range query around the time must yield the same in its middle.
  static bool has_middle(const Eval& eval, const Expr& expr) {
    if (eval.ordered || eval.text || eval.matrix) return false;
    if (expr.type != promql::ValueType::kVector && expr.type != promql::ValueType::kScalar) {
      return false;
    }
    for (const std::string_view own : {"start()", "end()", "range()", "step()"}) {
      if (eval.query.find(own) != eval.query.npos) return false;
    }
    return true;
  }

  const promql::QueryOptions& options_;
  Storage storage_;
  Report report_;
  int line_ = 0;
};

}  // namespace

std::size_t Report::skipped_count() const {
  std::size_t count = 0;
  for (const auto& [reason, lines] : skipped) count += lines.size();
  return count;
}

Report run_script(std::string_view text, const promql::QueryOptions& options) {
  const auto commands = parse_script(text);
  if (!commands) {
    Report report;
    report.failures.push_back({commands.error().line, commands.error().text});
    return report;
  }
  Runner runner(options);
  for (const Command& command : *commands) {
    runner.at(command.line);
    std::visit(runner, command.what);
  }
  return runner.take();
}

}  // namespace hitwatch::scripts
