// The rules at work: a thread that takes in what was collected, evaluates rule groups in their
// slots, keeps the journal of alerts and answers for the window.
//
// The window, the groups and the journal belong to that thread. Everybody else posts work to it,
// and queries are evaluated elsewhere, over extracts of the window (query_api.h).
#pragma once

#include <prometheus/metric_family.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "agent/config/config.h"
#include "agent/log/log.h"
#include "agent/notify/service.h"
#include "agent/rules/announcement.h"
#include "agent/rules/evaluation_spans.h"
#include "agent/rules/feed.h"
#include "agent/rules/figures.h"
#include "agent/rules/inputs.h"
#include "agent/rules/reactions.h"
#include "agent/rules/state_keeper.h"
#include "agent/targets.h"
#include "agent/trace/tracer.h"
#include "rules/alerting/group.h"
#include "rules/alerting/schedule.h"
#include "rules/window/window.h"

namespace hitwatch::rules {

class Service {
 public:
  struct Parts {
    log::Log& log;
    std::string state_folder;       // where the journal is kept, if there is such a folder
    std::uint64_t state_bytes = 0;  // that it may take there
    // Gives the daemon's own series as text, now or later, on any thread. Called on the rules'.
    std::function<void(std::function<void(std::string)>)> own_exposition;
    notify::Service& notifications;  // who is told of alerts; outlives this
    trace::Tracer& tracer;           // outlives this
    PollOf poll_of;                  // called on the rules' thread
  };
  using Specs = std::vector<alerting::GroupSpec>;

  explicit Service(Parts parts);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Any thread: from now on these groups and settings. `specs` were checked (load.h).
  void configure(const config::Config& config, Specs specs);
  // Starts the thread. Call after the first `configure`. `own_instance` is the label instance of
  // the daemon's own series.
  void start(std::string own_instance);
  // Ends the thread; an evaluation under way is finished first.
  void stop();

  // Any thread: the outcome of a poll of a target.
  void polled(std::shared_ptr<const WatchedTarget> target, redis::PollResult result);
  // Any thread: the targets there are now.
  void watch(std::shared_ptr<const WatchedTargets> targets);

  // Any thread: milliseconds since the Unix epoch, never going back by little.
  std::int64_t now();

  // Any thread: runs `work` on the rules' thread.
  void with_window(std::function<void(const window::Window&)> work);
  void with_groups(std::function<void(const std::vector<const alerting::Group*>&)> work);
  // The same with the labels that a Prometheus would give the daemon's own series.
  void with_own_labels(std::function<void(const metrics::Labels&)> work);

  // Any thread: notifications keep all changes up to this number.
  void taken(std::int64_t number);

  // Any thread: hitwatch_rule_* and hitwatch_window_*.
  std::vector<prometheus::MetricFamily> metrics() const;

 private:
  struct Scheduled {
    std::unique_ptr<alerting::Group> group;
    alerting::Schedule schedule;
    std::vector<window::Matchers> selectors;
  };

  void notice_clock();
  void apply(const config::Config& config, Specs specs);
  void want_selectors();
  void add_group(std::unique_ptr<alerting::Group> group, std::int64_t time);
  void replace_groups(Specs specs, std::int64_t time);
  void restore_states(std::int64_t time);
  void announce(std::vector<alerting::NumberedTransition> changes);
  void announce_all(std::int64_t time);
  void take_in(const WatchedTarget& target, const redis::PollResult& result);
  void scrape_self();
  void take_own(std::string text, std::int64_t time);
  void plan();
  void evaluate_due();
  void evaluate(Scheduled& scheduled, const alerting::Schedule::Due& due);
  void trace_evaluation(const alerting::Group& group, const alerting::Outcome& outcome,
                        trace::Context evaluation, trace::Time start);
  void point_out_idle_rules(const alerting::Group& group);
  void react(const std::string& instance);
  void evaluate_readers();
  bool reads(const Scheduled& scheduled, const std::set<std::string>& targets) const;
  alerting::QueryFunc query_function();
  alerting::Surroundings surroundings();
  std::expected<void, std::string> append(std::span<const alerting::Sample> samples);
  void end_left_series(std::int64_t time);
  std::int64_t newest_sample(const metrics::Labels& labels);
  void restart_window();
  void publish();

  Parts parts_;
  std::unique_ptr<boost::asio::io_context> loop_;
  boost::asio::steady_timer slot_timer_;
  boost::asio::steady_timer self_timer_;
  boost::asio::steady_timer reaction_timer_;
  std::thread thread_;

  std::atomic<bool> wanted_ = true;  // whether anybody reads any series

  // Of the rules' thread.
  config::Rules options_;
  bool query_api_ = false;
  bool instance_role_ = false;
  std::unique_ptr<window::Window> window_;
  std::unique_ptr<Feed> feed_;
  Inputs inputs_;
  alerting::ExpandFunc expand_;
  std::vector<Scheduled> groups_;
  AnnouncementContext announcement_;
  StateKeeper states_;
  // Series of groups that are no more, and when they end, unless somebody else goes on with them.
  struct Left {
    std::int64_t since;
    std::int64_t until;
    std::vector<metrics::Labels> series;
  };
  std::vector<Left> left_;
  Reactions reactions_;
  metrics::Labels own_labels_;
  bool applied_ = false;
  // Looks at every series: taken once an interval, not with each evaluation.
  window::Window::Figures window_figures_;
  std::int64_t last_time_ = 0;  // that the clock said
  std::int64_t last_trim_ = 0;

  mutable std::mutex figures_mutex_;
  std::shared_ptr<const Figures> figures_;
};

}  // namespace hitwatch::rules
