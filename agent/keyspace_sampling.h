// The rounds in which the keys of one target are sampled: where, when, and what becomes of the
// report. Of Keyspace's thread.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/keyspace_log.h"
#include "agent/keyspace_metrics.h"
#include "agent/keyspace_source.h"
#include "agent/keyspace_watch.h"
#include "agent/rounds.h"
#include "agent/turns.h"
#include "collectors/keyspace/survey.h"

namespace hitwatch {

// Whether a report takes the place of the former one, whose figures have the age `age`. One of a
// round that was broken off early knows less: it does so only if it saw half as many keys, or all
// that there are by half, or once the former is `kept` old.
bool replaces(const keyspace::Report& report, const keyspace::Report& former,
              Rounds::Clock::duration age, Rounds::Clock::duration kept);

class Keyspace::Sampling {
 public:
  // The references must outlive this.
  Sampling(Keyspace& keyspace, Watch& watch);
  // Breaks off the round under way.
  ~Sampling();

  // Follows the settings of `keyspace`.
  void configure();

 private:
  // A round under way. Whoever calls back for one that was broken off finds it gone.
  struct Round {
    trace::Time start = std::chrono::system_clock::now();
    Turns::Turn turn;
    std::shared_ptr<redis::Session> introduction;
    Replication own;              // what the target said
    std::vector<Source> sources;  // replicas yet to be tried, the next one last
    Source source;                // of the survey
    std::shared_ptr<keyspace::Survey> survey;
    std::unique_ptr<boost::asio::steady_timer> limit;  // of the survey
  };
  template <typename What>
  auto in_this_round(What what) const {
    return [round = std::weak_ptr(round_), what = std::move(what)](auto&&... args) {
      if (const auto alive = round.lock()) what(std::forward<decltype(args)>(args)...);
    };
  }

  void begin();
  void on_introduction(const Watch::Introduction& introduction);
  void find_replicas();
  void try_next_source();
  void on_source(const Watch::Introduction& introduction);
  void wait_for_survey(Source source);
  void start_survey();
  void limit_survey();
  keyspace::SurveyOptions survey_options() const;
  void follow_matcher();
  void on_report(const std::shared_ptr<const keyspace::Report>& report);
  void trace(std::string fault, bool failed, const keyspace::Report* report) const;
  void end_round();
  void break_off();

  bool samples_itself() const;
  bool is_worth_showing(const keyspace::Report& report) const;
  void fail(std::string_view reason, std::shared_ptr<const keyspace::Report> report);
  void publish(std::shared_ptr<const keyspace::Report> report,
               std::shared_ptr<const metrics::Snapshot> sampled);
  void shun(const Source& source, std::string_view reason);
  bool is_shunned(const Source& source) const;

  Keyspace& keyspace_;
  Watch& watch_;
  const std::string name_;
  Rounds rounds_;
  std::shared_ptr<Round> round_;
  std::shared_ptr<keyspace::Remembered> remembered_;
  std::shared_ptr<keys::Matcher> matcher_;   // that remembered_ was filled by
  std::shared_ptr<keys::Matcher> shown_by_;  // that made the groups of the figures shown
  KeyspaceMetrics metrics_;
  KeyspaceLog log_;
  std::map<std::string, Rounds::Clock::time_point> shunned_;  // replicas of no use, until when
  bool told_of_untold_ = false;                               // replicas
  Rounds::Clock::time_point read_at_;  // when the figures shown were read; the epoch if never
};

}  // namespace hitwatch
