#include "agent/rules/service.h"

#include <fmt/core.h>
#include <pthread.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <limits>
#include <utility>

#include "agent/rules/load.h"
#include "rules/alerting/reload.h"
#include "rules/alerting/templating.h"
#include "rules/promql/needs.h"

namespace hitwatch::rules {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr std::int64_t kTrimEvery = 60'000;
// A clock that goes back by less is waited for.
constexpr std::int64_t kClockStep = 5'000;
constexpr std::size_t kMostSamples = 50'000'000;
constexpr std::chrono::seconds kLongestRule{30};
// Evaluations after which a rule that has read nothing is pointed out.
constexpr std::uint64_t kIdleAfter = 10;
// No target is called that.
const std::string kOwnSource;

double monotonic_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::int64_t wall_clock() {
  return std::chrono::duration_cast<milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// As a Prometheus labels what it scrapes (docs/rules.md).
metrics::Labels labels_of(const redis::Target& target) {
  metrics::Labels labels = target.labels;
  const auto add = [&](const char* name, std::string value) {
    if (std::ranges::find(labels, name, &metrics::Label::name) == labels.end()) {
      labels.push_back({name, std::move(value)});
    }
  };
  add("instance", target.name());
  add("job", "redis");
  return labels;
}

alerting::Schedule schedule_of(const alerting::Group& group, std::int64_t time) {
  const alerting::GroupSpec& spec = group.spec();
  const std::int64_t interval = group.interval();
  return {interval, alerting::slot_offset(spec.file, spec.name, interval), time};
}

bool is_bundled(const alerting::GroupSpec& spec) { return spec.file.starts_with("bundled/"); }

alerting::NoData no_data_of(config::NoData word) {
  switch (word) {
    case config::NoData::kKeep:
      return alerting::NoData::kKeep;
    case config::NoData::kResolve:
      return alerting::NoData::kResolve;
    case config::NoData::kAlert:
      return alerting::NoData::kAlert;
  }
  return alerting::NoData::kKeep;
}

}  // namespace

Service::Service(Parts parts)
    : parts_(std::move(parts)),
      loop_(std::make_unique<asio::io_context>(1)),
      slot_timer_(*loop_),
      self_timer_(*loop_),
      reaction_timer_(*loop_),
      window_(std::make_unique<window::Window>()),
      feed_(std::make_unique<Feed>(*window_)),
      states_(parts_.log, parts_.state_folder, parts_.state_bytes,
              [this](std::vector<alerting::NumberedTransition> changes) {
                announce(std::move(changes));
              }),
      figures_(std::make_shared<const Figures>()) {}

Service::~Service() { stop(); }

void Service::start(std::string own_instance) {
  asio::post(*loop_, [this, own_instance = std::move(own_instance)] {
    own_labels_ = {{"instance", own_instance}, {"job", "redis"}};
    scrape_self();
    evaluate_due();
  });
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "hitwatch-rules");
    const auto guard = asio::make_work_guard(*loop_);
    loop_->run();
  });
}

void Service::stop() {
  if (!thread_.joinable()) return;
  asio::post(*loop_, [this] { loop_->stop(); });
  thread_.join();
}

void Service::configure(const config::Config& config, Specs specs) {
  asio::post(*loop_, [this, config, specs = std::move(specs)]() mutable {
    apply(config, std::move(specs));
  });
}

void Service::polled(std::shared_ptr<const WatchedTarget> target, redis::PollResult result) {
  if (!wanted_) return;
  asio::post(*loop_, [this, target = std::move(target), result = std::move(result)] {
    take_in(*target, result);
  });
}

void Service::watch(std::shared_ptr<const WatchedTargets> targets) {
  asio::post(*loop_, [this, targets = std::move(targets)] {
    std::set<std::string> names{kOwnSource};
    for (const auto& target : *targets) names.insert(target->target.name());
    feed_->keep_only(names, wall_clock());
    inputs_.watch(*targets);
    parts_.notifications.missing_data(inputs_.down_since());
  });
}

std::int64_t Service::now() { return wall_clock(); }

void Service::with_window(std::function<void(const window::Window&)> work) {
  asio::post(*loop_, [this, work = std::move(work)] { work(*window_); });
}

void Service::with_own_labels(std::function<void(const metrics::Labels&)> work) {
  asio::post(*loop_, [this, work = std::move(work)] { work(own_labels_); });
}

void Service::with_groups(std::function<void(const std::vector<const alerting::Group*>&)> work) {
  asio::post(*loop_, [this, work = std::move(work)] {
    std::vector<const alerting::Group*> groups;
    for (const Scheduled& scheduled : groups_) groups.push_back(scheduled.group.get());
    work(groups);
  });
}

std::vector<prometheus::MetricFamily> Service::metrics() const {
  std::shared_ptr<const Figures> figures;
  {
    const std::scoped_lock lock(figures_mutex_);
    figures = figures_;
  }
  return rule_metrics(*figures);
}

// Samples of a series must go forward in time. A small step back of the system's clock is waited
// for; after a large one the window would take nothing for as long, so it begins anew.
void Service::notice_clock() {
  const std::int64_t time = wall_clock();
  if (time < last_time_ - kClockStep) {
    parts_.log.warn("the clock went back: rules begin with an empty window",
                    {{"milliseconds", std::to_string(last_time_ - time)}});
    last_time_ = time;
    restart_window();
  }
  last_time_ = std::max(last_time_, time);
}

void Service::restart_window() {
  window_ = std::make_unique<window::Window>();
  feed_ = std::make_unique<Feed>(*window_);
  want_selectors();
  const std::int64_t time = wall_clock();
  for (Scheduled& scheduled : groups_) {
    scheduled.schedule = schedule_of(*scheduled.group, time);
  }
}

void Service::apply(const config::Config& config, Specs specs) {
  options_ = config.rules;
  expand_ = alerting::template_expander({.external_labels = options_.external_labels,
                                         .external_url = options_.external_url,
                                         .query = query_function()});
  announcement_ = {options_.external_labels, options_.external_url};
  query_api_ = config.web.query_api;
  instance_role_ = config.poll.collect.instance_role;
  const std::int64_t time = wall_clock();
  if (!applied_) {
    for (alerting::GroupSpec& spec : specs) {
      add_group(std::make_unique<alerting::Group>(std::move(spec), group_options(options_)), time);
    }
    restore_states(time);
    applied_ = true;
  } else {
    replace_groups(std::move(specs), time);
  }
  announce_all(time);
  want_selectors();
  plan();
  publish();
}

void Service::add_group(std::unique_ptr<alerting::Group> group, std::int64_t time) {
  const alerting::Schedule schedule = schedule_of(*group, time);
  groups_.push_back({std::move(group), schedule, {}});
}

void Service::replace_groups(Specs specs, std::int64_t time) {
  std::map<const alerting::Group*, alerting::Schedule> schedules;
  std::vector<std::unique_ptr<alerting::Group>> old;
  for (Scheduled& scheduled : groups_) {
    schedules.emplace(scheduled.group.get(), scheduled.schedule);
    old.push_back(std::move(scheduled.group));
  }
  groups_.clear();
  alerting::Reloaded reloaded =
      alerting::reload(std::move(old), std::move(specs), group_options(options_), time);
  for (std::size_t i = 0; i < reloaded.groups.size(); ++i) {
    const auto kept = schedules.find(reloaded.groups[i].get());
    add_group(std::move(reloaded.groups[i]), time);
    if (reloaded.kept[i] && kept != schedules.end()) groups_.back().schedule = kept->second;
  }
  left_.push_back(
      {time, time + 2 * options_.evaluation_interval.count(), std::move(reloaded.left_series)});
  // No evaluation has ended them.
  for (alerting::RuleTransition& change : reloaded.ended.transitions) {
    change.transition.alert.trace_id.clear();
  }
  states_.record(reloaded.ended);
}

void Service::want_selectors() {
  std::vector<window::Wanted> wanted;
  const alerting::Group::Options options = group_options(options_);
  for (Scheduled& scheduled : groups_) {
    scheduled.selectors.clear();
    for (const alerting::Rule& rule : scheduled.group->spec().rules) {
      for (promql::Need& need :
           promql::needs(*rule.parsed, options.lookback, options.subquery_step)) {
        const std::int64_t offset = scheduled.group->spec().query_offset.value_or(0);
        scheduled.selectors.push_back(need.matchers);
        wanted.push_back({std::move(need.matchers), need.history + offset});
      }
    }
  }
  if (query_api_) wanted.push_back({{}, options_.window.count()});
  wanted_ = !wanted.empty();
  window_->want(std::move(wanted));
}

void Service::restore_states(std::int64_t time) {
  std::vector<std::unique_ptr<alerting::Group>> groups;
  for (Scheduled& scheduled : groups_) groups.push_back(std::move(scheduled.group));
  states_.open(groups, time);
  for (std::size_t i = 0; i < groups.size(); ++i) groups_[i].group = std::move(groups[i]);
}

void Service::announce(std::vector<alerting::NumberedTransition> changes) {
  std::vector<notify::Change> out;
  for (const auto& [number, change] : changes) {
    const alerting::Transition& transition = change.transition;
    out.push_back({number, std::nullopt});
    if (!is_announced(transition)) continue;
    out.back().alert = announced(transition.alert, change.expr, transition.time, announcement_);
  }
  parts_.notifications.take(std::move(out));
}

// After a start or a reload: what was told may be of a file or a rule that is no more.
void Service::announce_all(std::int64_t time) {
  std::vector<const alerting::Group*> groups;
  for (const Scheduled& scheduled : groups_) groups.push_back(scheduled.group.get());
  parts_.notifications.reconcile(all_firing(groups, time, announcement_));
}

void Service::taken(std::int64_t number) {
  asio::post(*loop_, [this, number] { states_.taken(number); });
}

void Service::take_in(const WatchedTarget& target, const redis::PollResult& result) {
  if (result.snapshot == nullptr || result.state == nullptr) return;
  Observation observation;
  observation.labels = labels_of(target.target);
  observation.time =
      std::chrono::duration_cast<milliseconds>(result.snapshot->taken.time_since_epoch()).count();
  if (instance_role_) observation.role = result.snapshot->role;
  observation.place = target.target.place.role;
  observation.snapshots.push_back(result.snapshot);
  if (result.state->up) {
    const KeyspaceResult keyspace = target.latest_keyspace();
    observation.snapshots.push_back(keyspace.sampled);
    observation.snapshots.push_back(keyspace.checked);
  }
  notice_clock();
  const std::string name = target.target.name();
  feed_->take(name, observation);
  const Inputs::News news =
      inputs_.note(name, result.state->up, result.snapshot->role, observation.time);
  if (news.down) parts_.notifications.missing_data(inputs_.down_since());
  if (news.state && options_.react) react(name);
}

void Service::scrape_self() {
  notice_clock();
  const std::int64_t time = wall_clock();
  if (wanted_) {
    parts_.own_exposition([this, time](std::string text) {
      asio::post(*loop_, [this, time, text = std::move(text)] { take_own(text, time); });
    });
  }
  end_left_series(time);
  if (time - last_trim_ >= kTrimEvery) {
    window_->trim(time);
    last_trim_ = time;
  }
  window_figures_ = window_->figures();
  publish();
  self_timer_.expires_after(options_.evaluation_interval);
  self_timer_.async_wait([this](const boost::system::error_code& code) {
    if (!code) scrape_self();
  });
}

// With what a Prometheus would add of its own: that this daemon could be scraped.
void Service::take_own(std::string text, std::int64_t time) {
  text += "up 1\n";
  feed_->take_exposition(kOwnSource, text, own_labels_, time);
}

void Service::plan() {
  std::optional<std::int64_t> next;
  for (const Scheduled& scheduled : groups_) {
    next = std::min(next.value_or(scheduled.schedule.next()), scheduled.schedule.next());
  }
  if (!next) {
    slot_timer_.cancel();
    return;
  }
  // The system's clock may be set meanwhile.
  const milliseconds wait(std::clamp<std::int64_t>(*next - wall_clock(), 0, 1000));
  slot_timer_.expires_after(wait);
  slot_timer_.async_wait([this](const boost::system::error_code& code) {
    if (!code) evaluate_due();
  });
}

void Service::evaluate_due() {
  bool evaluated = false;
  for (Scheduled& scheduled : groups_) {
    const auto due = scheduled.schedule.take(wall_clock());
    if (!due) continue;
    evaluate(scheduled, *due);
    evaluated = true;
  }
  plan();
  if (evaluated) publish();
}

void Service::evaluate(Scheduled& scheduled, const alerting::Schedule::Due& due) {
  if (due.missed > 0) {
    parts_.log.warn(
        "evaluations of a rule group were left out",
        {{"group", scheduled.group->spec().name}, {"missed", std::to_string(due.missed)}});
  }
  const trace::Time start = std::chrono::system_clock::now();
  alerting::Surroundings around = surroundings();
  trace::Context evaluation;
  if (parts_.tracer.enabled()) {
    evaluation = {trace::new_trace_id(), trace::new_span_id(), true};
    if (parts_.tracer.samples(evaluation.trace, trace::Worth::kNotable)) {
      around.trace_id = trace::to_hex(evaluation.trace);
    }
  }
  const alerting::Outcome outcome = scheduled.group->evaluate(due.time, around);
  if (evaluation.valid()) trace_evaluation(*scheduled.group, outcome, evaluation, start);
  states_.record(outcome);
  point_out_idle_rules(*scheduled.group);
}

void Service::trace_evaluation(const alerting::Group& group, const alerting::Outcome& outcome,
                               trace::Context evaluation, trace::Time start) {
  const auto worth = is_notable(group, outcome) ? trace::Worth::kNotable : trace::Worth::kRoutine;
  if (!parts_.tracer.samples(evaluation.trace, worth)) return;
  const trace::Time end = std::max<trace::Time>(std::chrono::system_clock::now(), start);
  parts_.tracer.record(
      evaluation_spans(group, outcome, {evaluation, start, end, announcement_, parts_.poll_of}));
}

// A rule that reads nothing mostly misspells a name. The bundled ones are for servers of all kinds,
// of which nobody has all.
void Service::point_out_idle_rules(const alerting::Group& group) {
  if (is_bundled(group.spec())) return;
  for (std::size_t i = 0; i < group.rules().size(); ++i) {
    const alerting::RuleStatus& status = group.rules()[i];
    if (status.ever_matched || status.evaluations != kIdleAfter) continue;
    parts_.log.warn("a rule has not read a single series so far",
                    {{"file", group.spec().file},
                     {"group", group.spec().name},
                     {"rule", group.spec().rules[i].name}});
  }
}

void Service::react(const std::string& instance) {
  const auto when = reactions_.note(instance, Reactions::Clock::now());
  if (!when) return;
  reaction_timer_.expires_at(*when);
  reaction_timer_.async_wait([this](const boost::system::error_code& code) {
    if (!code) evaluate_readers();
  });
}

void Service::evaluate_readers() {
  const std::int64_t time = wall_clock();
  const std::set<std::string> changed = reactions_.take();
  for (Scheduled& scheduled : groups_) {
    if (reads(scheduled, changed)) scheduled.schedule.request(time);
  }
  evaluate_due();
  reactions_.evaluated(Reactions::Clock::now());
}

bool Service::reads(const Scheduled& scheduled, const std::set<std::string>& targets) const {
  const window::Symbol name = window_->symbols().find("instance");
  if (name == nullptr) return false;
  std::set<window::Symbol> instances;
  for (const std::string& target : targets) {
    if (const auto symbol = window_->symbols().find(target)) instances.insert(symbol);
  }
  return std::ranges::any_of(scheduled.selectors, [&](const window::Matchers& selector) {
    return std::ranges::any_of(window_->select(selector), [&](const window::Series* series) {
      return instances.contains(series->labels().get(name));
    });
  });
}

alerting::QueryFunc Service::query_function() {
  return [this](const promql::Expr& expr, std::string_view text, std::int64_t time) {
    promql::QueryOptions options;
    options.subquery_step = options_.evaluation_interval.count();
    options.max_samples = kMostSamples;
    const auto deadline = std::chrono::steady_clock::now() + kLongestRule;
    options.interrupted = [deadline]() -> const char* {
      return std::chrono::steady_clock::now() < deadline ? nullptr
                                                         : "the rule took more than 30 seconds";
    };
    return promql::evaluate_instant(expr, text, *window_, time, options);
  };
}

alerting::Surroundings Service::surroundings() {
  return {.query = query_function(),
          .append = [this](std::span<const alerting::Sample> samples) { return append(samples); },
          .stopwatch = monotonic_seconds,
          .expand = expand_,
          .inputs = [this](const metrics::Labels& labels) { return inputs_.of(labels); },
          .no_data = no_data_of(options_.no_data)};
}

std::expected<void, std::string> Service::append(std::span<const alerting::Sample> samples) {
  std::vector<metrics::LabelView> labels;
  std::size_t refused = 0;
  for (const alerting::Sample& sample : samples) {
    labels.clear();
    for (const metrics::Label& label : sample.labels) labels.push_back({label.name, label.value});
    window::Series* series = window_->find_or_make(labels);
    if (series != nullptr && !window_->append(*series, sample.time, sample.value)) ++refused;
  }
  if (refused == 0) return {};
  return std::unexpected(fmt::format("{} samples are not newer than those before", refused));
}

void Service::end_left_series(std::int64_t time) {
  std::vector<alerting::Sample> samples;
  std::erase_if(left_, [&](const Left& left) {
    if (time < left.until) return false;
    for (const metrics::Labels& labels : left.series) {
      if (newest_sample(labels) <= left.since) {
        samples.push_back({labels, time, window::stale_marker()});
      }
    }
    return true;
  });
  static_cast<void>(append(samples));  // refused where the window has something newer
}

std::int64_t Service::newest_sample(const metrics::Labels& labels) {
  std::vector<metrics::LabelView> views;
  for (const metrics::Label& label : labels) views.push_back({label.name, label.value});
  const window::Series* series = window_->find_or_make(views);
  window::Point point{};
  constexpr std::int64_t kEver = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kNow = std::numeric_limits<std::int64_t>::max();
  return series != nullptr && series->last(kEver, kNow, point) ? point.time : kEver;
}

void Service::publish() {
  auto figures = std::make_shared<Figures>();
  for (const Scheduled& scheduled : groups_) {
    figures->groups.push_back(figures_of(*scheduled.group, scheduled.schedule.missed()));
    const alerting::GroupSpec& spec = scheduled.group->spec();
    for (const alerting::RuleStatus& rule : scheduled.group->rules()) {
      if (!rule.ever_matched && !is_bundled(spec)) ++figures->rules_never_matched;
      for (const auto& [key, alert] : rule.alerts) figures->alerts.add(alert);
    }
  }
  figures->window = window_figures_;
  figures->samples = feed_->samples();
  figures->samples_refused = feed_->samples_refused();
  figures->states = states_.figures();
  const std::scoped_lock lock(figures_mutex_);
  figures_ = std::move(figures);
}

}  // namespace hitwatch::rules
