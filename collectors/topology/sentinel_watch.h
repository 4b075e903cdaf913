// Follows what sentinels know of the masters they watch.
//
// Of each sentinel a SentinelTalk tells what it knows; count_sentinels says which sentinels there
// are; for each master a SentinelGroup holds what they agree on. Whatever one of them tells goes
// through all three, and comes out as an Outcome, events, and polls of the servers concerned.
//
// Of the source as a whole:
//
//   starting ──(a sentinel has answered)──▶ found ◀──▶ lost    (none of them answers any more)
//       └──────(none of them has)──────────────────────▲
//
// It starts until each sentinel of the configuration has answered or failed to, and no longer than
// kSettling once one has answered: the first to speak may be the one that lies.
// Events begin with the first answer; what is found by it is not "added".
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/topology/early_polls.h"
#include "collectors/topology/options.h"
#include "collectors/topology/sentinel_look.h"
#include "collectors/topology/sentinel_opinion.h"
#include "collectors/topology/sentinel_peers.h"
#include "collectors/topology/sentinel_replies.h"
#include "collectors/topology/sentinel_talk.h"
#include "collectors/topology/source_metrics.h"
#include "collectors/topology/telling.h"
#include "collectors/topology/watch.h"

namespace hitwatch::topology {

class SentinelWatch : public Watch {
 public:
  static constexpr std::chrono::milliseconds kSettling{500};

  SentinelWatch(Surroundings surroundings, SentinelOptions options, const Pace& pace);
  ~SentinelWatch() override;

  void start() override;
  void stop() override;
  void set_pace(const Pace& pace) override;
  void polled(const std::string& target, const Observed& observed) override;
  std::shared_ptr<const Outcome> latest() const override;

 private:
  using Clock = std::chrono::steady_clock;
  using Names = std::set<std::string>;

  enum class Contact : std::uint8_t { kUnknown, kAnswers, kFails };
  enum class Phase : std::uint8_t { kStarting, kFound, kLost };

  struct Sentinel {
    redis::Target target;
    bool configured = false;
    std::shared_ptr<SentinelTalk> talk;
    Contact contact = Contact::kUnknown;
    ToldMasters told;                          // last; holds on while it does not answer
    std::size_t left_out = 0;                  // of it, when it last told all
    std::string id;                            // when sentinels were last counted
    std::string connected;                     // likewise
    bool failed = false;                       // since somebody answered, or the last count
    bool duplicate = false;                    // another address of one that is known
    bool down = false;                         // so the others say
    std::optional<Clock::time_point> unnamed;  // since no other names it
    bool counts() const { return contact == Contact::kAnswers && !duplicate; }
  };
  struct Group {
    SentinelGroup opinion;
    std::optional<Clock::time_point> unlisted;  // since no sentinel lists it
  };

  void add_sentinel(redis::Target target, bool configured);
  void on_told(Sentinel& sentinel, const SentinelLook& look);
  void on_failed(Sentinel& sentinel, const net::Error& error);
  void note_failure(Sentinel& sentinel);
  void on_message(const SentinelMessage& message);
  void recount_sentinels(Names& changed);
  bool is_over(Sentinel& sentinel, bool named) const;
  void note_sentinel(std::string_view kind, const std::string& address);
  void note_phase(const std::string& sentinel, Names& changed);
  void consider(const Names& masters);
  void consider_master(const std::string& name);
  void say_found();
  bool has_room() const;
  std::size_t left_out() const;
  bool forget_unlisted(Group& group, bool listed);
  void tick();
  void schedule_tick(std::chrono::milliseconds time);
  void publish();
  std::vector<redis::Target> make_targets();
  redis::Target server_target(const SentinelGroup& group, const std::string& address) const;
  std::vector<prometheus::MetricFamily> make_metrics() const;
  void tell_events();
  void poll_members(const SentinelGroup& group);

  const Surroundings surroundings_;
  const SentinelOptions options_;
  Pace pace_;
  Newcomers newcomers_;
  Telling telling_;
  boost::asio::steady_timer tick_;
  std::shared_ptr<bool> running_;  // while it is; callbacks hold it weakly

  Phase phase_ = Phase::kStarting;
  bool waited_ = false;            // for kSettling
  std::list<Sentinel> sentinels_;  // those of the configuration first
  std::map<std::string, Group> groups_;
  std::size_t members_ = 0;                      // of all groups
  bool said_found_ = false;                      // what there is at first
  std::string last_error_;                       // of a sentinel
  bool said_left_out_ = false;                   // that there are more servers than it takes
  std::map<std::string, std::string> group_of_;  // target → the master's name
  std::map<std::string_view, std::uint64_t> messages_;
  std::optional<Clock::time_point> answered_;
  std::uint64_t failures_ = 0;
  std::vector<Event> events_;  // not told yet
  bool settled_ = false;       // an outcome with an answer was published
  EarlyPolls early_polls_;

  mutable std::mutex mutex_;
  std::shared_ptr<const Outcome> latest_;
};

}  // namespace hitwatch::topology
