#include "tests/bench/rules_at_work.h"

#include <ctime>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <utility>

#include "rules/alerting/rule_file.h"
#include "rules/alerting/templating.h"
#include "rules/promql/needs.h"
#include "rules/promql/parser.h"

namespace hitwatch::bench {
namespace {

constexpr std::int64_t kHour = 3'600'000;

double milliseconds_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

std::vector<alerting::Group> load(const std::string& folder,
                                  const alerting::Group::Options& options) {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") files.insert(entry.path().string());
  }
  std::vector<alerting::Group> groups;
  for (const std::string& file : files) {
    auto specs = alerting::load_rule_file(file);
    if (!specs) throw std::runtime_error(file + ": " + specs.error().front().text);
    for (alerting::GroupSpec& spec : *specs) groups.emplace_back(std::move(spec), options);
  }
  return groups;
}

}  // namespace

RulesAtWork::RulesAtWork(const std::string& folder, bool everything) {
  const alerting::Group::Options options{.interval = Fleet::kInterval,
                                         .subquery_step = Fleet::kInterval};
  groups_ = load(folder, options);
  std::vector<window::Wanted> wanted;
  for (const alerting::Group& group : groups_) {
    for (const alerting::Rule& rule : group.spec().rules) {
      for (promql::Need& need :
           promql::needs(*rule.parsed, options.lookback, options.subquery_step)) {
        wanted.push_back({std::move(need.matchers), need.history});
      }
    }
  }
  if (everything) wanted.push_back({{}, kHour});
  window_.want(std::move(wanted));
  surroundings_.query = [this](const promql::Expr& expr, std::string_view text, std::int64_t time) {
    const double begun = milliseconds_of(CLOCK_PROCESS_CPUTIME_ID);
    auto result = promql::evaluate_instant(expr, text, window_, time, {});
    query_ms_ += milliseconds_of(CLOCK_PROCESS_CPUTIME_ID) - begun;
    return result;
  };
  surroundings_.append =
      [this](std::span<const alerting::Sample> samples) -> std::expected<void, std::string> {
    const double begun = milliseconds_of(CLOCK_PROCESS_CPUTIME_ID);
    append(samples);
    append_ms_ += milliseconds_of(CLOCK_PROCESS_CPUTIME_ID) - begun;
    return {};
  };
  surroundings_.stopwatch = [] { return milliseconds_of(CLOCK_PROCESS_CPUTIME_ID) / 1e3; };
  surroundings_.expand = alerting::template_expander(
      {.external_labels = {}, .external_url = {}, .query = surroundings_.query});
}

void RulesAtWork::append(std::span<const alerting::Sample> samples) {
  for (const alerting::Sample& sample : samples) {
    labels_.clear();
    for (const metrics::Label& label : sample.labels) labels_.push_back({label.name, label.value});
    window::Series* const series = window_.find_or_make(labels_);
    if (series != nullptr) window_.append(*series, sample.time, sample.value);
  }
}

void RulesAtWork::take_in(const Fleet& fleet, std::size_t polls) {
  std::vector<std::vector<std::pair<std::size_t, window::Series*>>> wanted(fleet.sources());
  for (std::size_t source = 0; source < fleet.sources(); ++source) {
    for (std::size_t i = 0; i < fleet.series(source); ++i) {
      const metrics::Labels labels = fleet.labels(source, i);
      labels_.clear();
      for (const metrics::Label& label : labels) labels_.push_back({label.name, label.value});
      window::Series* const series = window_.find_or_make(labels_);
      if (series != nullptr) wanted[source].emplace_back(i, series);
    }
  }
  for (std::size_t poll = 0; poll < polls; ++poll) {
    for (std::size_t source = 0; source < fleet.sources(); ++source) {
      const std::int64_t time = fleet.time(source, poll);
      for (const auto& [place, series] : wanted[source]) {
        const auto value = fleet.value(source, place, poll);
        if (value) window_.append(*series, time, *value);
      }
    }
  }
}

RulesAtWork::Round RulesAtWork::evaluate(std::int64_t time) {
  Round round;
  query_ms_ = 0;
  append_ms_ = 0;
  const double cpu = milliseconds_of(CLOCK_PROCESS_CPUTIME_ID);
  const double wall = milliseconds_of(CLOCK_MONOTONIC);
  for (alerting::Group& group : groups_) {
    group.evaluate(time, surroundings_);
    round.group_ms[group.spec().name] += group.last_seconds() * 1e3;
  }
  window_.trim(time);
  round.cpu_ms = milliseconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  round.query_ms = query_ms_;
  round.append_ms = append_ms_;
  round.wall_ms = milliseconds_of(CLOCK_MONOTONIC) - wall;
  for (const alerting::Group& group : groups_) {
    for (const alerting::RuleStatus& rule : group.rules()) {
      round.samples_read += rule.history.back().samples_read;
      round.errors += rule.history.back().error.empty() ? 0 : 1;
    }
  }
  return round;
}

std::map<std::string, double> RulesAtWork::query(const std::string& expr, const std::string& label,
                                                 std::int64_t time) const {
  std::map<std::string, double> values;
  const auto parsed = promql::parse(expr);
  if (!parsed) throw std::runtime_error(promql::describe(parsed.error(), expr));
  const auto result = promql::evaluate_instant(**parsed, expr, window_, time, {});
  if (!result) throw std::runtime_error(result.error().text);
  for (const promql::ResultSeries& series : result->series) {
    std::string key;
    for (const window::LabelPair& pair : series.labels->pairs()) {
      if (*pair.name == label) key = *pair.value;
    }
    values[key] = series.points.back().value;
  }
  return values;
}

}  // namespace hitwatch::bench
