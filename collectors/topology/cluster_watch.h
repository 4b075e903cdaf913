// Follows what the nodes of a Redis Cluster say of it.
//
// As long as nothing is known, a look settles which cluster is meant: it asks all seeds, and the
// cluster that most of them name is followed. From then on it asks the guide, which is the node
// whose view is followed, and in passing one or two others for their opinion: the guide becomes
// whoever knows of a later epoch. Where there is no guide, or it fails or is silent for half a
// second, the look becomes a search: seeds and then known nodes, the next one as soon as one fails
// or is silent for a moment, until one answers.
//
//   waiting → settling → waiting
//   waiting → asking → (searching →) waiting
//
// A look that nobody answers makes the cluster lost: what was known stays, without failed flags. A
// node of another cluster, or that has left this one, is not followed, unless nobody else has
// answered for a minute, or most seeds are of that other cluster and no second node vouches for the
// one that is followed. Looks are due by ClusterPace, and soon when a poll tells of a change.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/net/backoff.h"
#include "collectors/topology/cluster_asker.h"
#include "collectors/topology/cluster_candidates.h"
#include "collectors/topology/cluster_changes.h"
#include "collectors/topology/cluster_figures.h"
#include "collectors/topology/cluster_map.h"
#include "collectors/topology/cluster_opinions.h"
#include "collectors/topology/cluster_pace.h"
#include "collectors/topology/cluster_settling.h"
#include "collectors/topology/options.h"
#include "collectors/topology/telling.h"
#include "collectors/topology/watch.h"

namespace hitwatch::topology {

class ClusterWatch : public Watch, public std::enable_shared_from_this<ClusterWatch> {
 public:
  // For how long nobody of the cluster must have answered until nodes of another one, found at its
  // addresses, are taken for it.
  static constexpr std::chrono::seconds kGivenUp{60};

  ClusterWatch(Surroundings surroundings, ClusterOptions options, const Pace& pace,
               const ClusterIntervals& intervals = {});

  void start() override;
  void stop() override;
  void set_pace(const Pace& pace) override;
  void polled(const std::string& target, const Observed& observed) override;
  std::shared_ptr<const Outcome> latest() const override;

 private:
  using Clock = std::chrono::steady_clock;
  using Answer = std::expected<ClusterView, net::Error>;
  enum class Phase : std::uint8_t { kWaiting, kSettling, kAsking, kSearching };
  struct Fallback {
    ClusterCandidate from;
    ClusterView view;
    bool stranger = false;
  };

  bool is_looking() const { return phase_ != Phase::kWaiting; }
  void look();
  void look_soon();
  void ask(const ClusterCandidate& candidate, std::uint64_t for_look);
  void ask_opinions();
  void settle();
  void settle_on();
  void search();
  void search_on();
  void wait_for_answers(std::chrono::milliseconds patience);
  void go_on();
  void end_search();
  void end_look();
  void wait(Clock::duration time);

  void on_answer(const ClusterCandidate& from, Answer answer, bool awaited);
  std::size_t newcomers_of(const ClusterView& view) const;
  void miss(const ClusterCandidate& from, const net::Error& error);
  bool believe(const ClusterCandidate& from, ClusterView view, bool awaited);
  void hear(const ClusterCandidate& from, const ClusterView& view);
  void follow_seeds();
  bool is_to_follow(const ClusterView& view, bool by_guide, bool awaited) const;
  void fall_back(Fallback to);
  void follow(const ClusterCandidate& from, ClusterView view);
  void expect_guide(const std::string& id);
  void note_changes(const ClusterMap& former);
  std::string dissenting_text() const;
  void complain(const ClusterCandidate& about, const std::string& what);
  void tell(Event event);
  void lose();
  bool tells_of_change(const std::string& target, const Observed& observed) const;
  void publish();

  const Surroundings surroundings_;
  const ClusterOptions options_;
  ClusterAsker asker_;
  ClusterCandidates candidates_;
  ClusterPace pace_;
  net::Backoff backoff_;  // while it is lost
  Newcomers newcomers_;
  ShardNames names_;
  Telling telling_;
  bool stopped_ = false;

  // What is known.
  std::optional<ClusterMap> map_;
  std::vector<std::optional<redis::Target>> reached_;  // of the map's nodes
  std::string asked_host_;                             // that the map's addresses were made with
  ClusterOpinions opinions_;
  ClusterStrangers strangers_;
  SlotMoves moves_;
  Observations observations_;
  std::optional<ClusterCandidate> guide_;
  bool lost_ = false;
  std::optional<Clock::time_point> answered_;
  std::uint64_t failures_ = 0;
  std::map<std::string, std::string> complaints_;  // by address: what was logged last

  // The look under way.
  std::uint64_t look_ = 0;  // its number
  Phase phase_ = Phase::kWaiting;
  bool again_ = false;  // another one is to follow soon
  Clock::time_point began_;
  std::vector<ClusterTestimony> testimonies_;  // where it settles
  bool patient_ = false;                       // with seeds that have not answered
  std::vector<ClusterCandidate> search_;
  std::size_t searched_ = 0;
  std::optional<Fallback> fallback_;
  std::string last_error_;
  std::size_t outstanding_ = 0;         // answers, of earlier looks, too
  boost::asio::steady_timer patience_;  // with those that are silent
  boost::asio::steady_timer due_;

  mutable std::mutex mutex_;
  std::shared_ptr<const Outcome> latest_;
};

}  // namespace hitwatch::topology
