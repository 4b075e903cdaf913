// Receivers that fail as they like, and a daemon that is killed: everything arrives, in order.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "agent/notify/outbox.h"
#include "tests/notify/outbox_steps.h"
#include "tests/notify/times.h"
#include "tests/repetitions.h"

namespace hitwatch::notify {
namespace {

constexpr int kMessages = 200;

// Two destinations with four groups each. The daemon commits before it sends, and is killed before
// it has committed what it was answered.
class Receivers {
 public:
  explicit Receivers(unsigned seed) : random_(seed) {}

  void run() {
    while (made_ < kMessages || !steps_.pending().empty() || !steps_.dead().empty()) {
      ASSERT_LT(++rounds_, 100'000);
      if (made_ < kMessages && one_in(2)) add();
      take();
      answer();
      if (one_in(25)) kill();
      if (one_in(20)) resend();
      pass_time();
      if (testing::Test::HasFailure()) return;
    }
  }

  void check() const {
    EXPECT_EQ(arrived_.size(), static_cast<std::size_t>(kMessages)) << "nothing is lost";
    for (const auto& [id, times] : arrived_) {
      EXPECT_LE(times, 1 + lost_answers_of(id)) << id << " twice without a restart in between";
    }
    EXPECT_EQ(steps_.map->size("message") + steps_.map->size("dead"), 0U);
    EXPECT_GT(restarts_, 3);
  }

 private:
  bool one_in(unsigned n) { return random_() % n == 0; }
  int lost_answers_of(const std::string& id) const {
    const auto found = lost_answers_.find(id);
    return found == lost_answers_.end() ? 0 : found->second;
  }

  void add() {
    const int number = made_++;
    const std::string group = "g" + std::to_string(random_() % 4);
    Message made = message("msg_" + std::to_string(number), group, one_in(2) ? kTeam : kOther);
    made.created_at = number;
    steps_.outbox->add(made, now_);
    sent_.emplace(made.id, made);
  }

  void take() {
    const auto due = steps_.outbox->take_due(now_);
    steps_.commit();
    uncommitted_.clear();
    for (const Message* taken : due) {
      EXPECT_EQ(*taken, sent_.at(taken->id)) << "the same at every attempt";
      auto& underway = in_flight_[taken->destination];
      for (const Message* other : underway) {
        EXPECT_NE(other->group_key, taken->group_key) << "one of a group at a time";
      }
      underway.push_back(taken);
      EXPECT_LE(underway.size(), 3U);
    }
  }

  void arrive(const Message& taken) {
    ++arrived_[taken.id];
    auto& last = last_of_group_[{taken.destination, taken.group_key}];
    // Those that were dead come when they come.
    if (resent_.contains(taken.id)) return;
    EXPECT_GE(taken.created_at, last) << taken.id << " after a later one of its group";
    last = std::max(last, taken.created_at);
  }

  // Some of those that are underway are answered; the others hang.
  void answer() {
    for (auto& [destination, underway] : in_flight_) {
      std::vector<const Message*> hanging;
      for (const Message* taken : underway) {
        if (one_in(3)) {
          hanging.push_back(taken);
          continue;
        }
        Verdict verdict = accepted();
        switch (random_() % 10) {
          case 0:
            verdict = refused();
            break;
          case 1:
            verdict = asked_to_wait(std::chrono::seconds(random_() % 100));
            break;
          case 2:
          case 3:
            verdict = unanswered();
            break;
          default:
            arrive(*taken);
            uncommitted_.insert(taken->id);
        }
        const std::string id = taken->id;
        steps_.outbox->done(id, verdict, now_);
      }
      underway = std::move(hanging);
    }
  }

  // Of what was underway, some arrives and nobody hears the answer.
  void kill() {
    ++restarts_;
    for (auto& [destination, underway] : in_flight_) {
      for (const Message* taken : underway) {
        if (one_in(2)) continue;
        arrive(*taken);
        ++lost_answers_[taken->id];
      }
    }
    in_flight_.clear();
    for (const std::string& id : uncommitted_) ++lost_answers_[id];
    steps_.restart();
    steps_.outbox->set_destinations({kTeam, kOther}, now_);
  }

  void resend() {
    for (const std::string& id : steps_.dead()) {
      resent_.insert(id);
      ASSERT_TRUE(steps_.outbox->resend(id, now_));
    }
  }

  void pass_time() {
    const auto next = steps_.outbox->next();
    const bool waits = next && *next > now_ && one_in(2);
    now_ = waits ? std::min(*next, now_ + 100'000) : now_ + static_cast<int>(random_() % 500);
  }

  std::mt19937 random_;
  OutboxSteps steps_{{.max_age = std::chrono::hours(1000), .most_in_flight = 3}};
  std::int64_t now_ = kNow;
  int made_ = 0;
  int rounds_ = 0;
  int restarts_ = 0;
  std::map<std::string, Message> sent_;
  std::map<Destination, std::vector<const Message*>> in_flight_;
  std::map<std::string, int> arrived_;
  std::map<std::string, int> lost_answers_;
  std::map<std::pair<Destination, std::string>, std::int64_t> last_of_group_;
  std::set<std::string> resent_;
  std::set<std::string> uncommitted_;  // accepted since the last commit
};

TEST(OutboxRandom, EverythingArrivesInOrderWhateverBreaks) {
  for (int seed = 1; seed <= repetitions(3, 3); ++seed) {
    SCOPED_TRACE(seed);
    Receivers receivers(static_cast<unsigned>(seed));
    receivers.run();
    receivers.check();
    if (HasFailure()) return;
  }
}

// Thousands of messages to a receiver that is down, then there again: quadratic time would show.
TEST(OutboxRandom, ManyMessagesAreCheap) {
  OutboxSteps steps;
  constexpr int kMany = repetitions(10'000, 4);
  for (int i = 0; i < kMany; ++i) {
    const std::string id = "msg_" + std::to_string(i);
    steps.outbox->add(message(id, i % 2 == 0 ? id : "one large group"), kNow);
  }
  steps.commit();
  std::int64_t now = kNow;
  int sent = 0;
  while (const auto next = steps.outbox->next()) {
    now = std::max(now, *next);
    const auto due = steps.due(now);
    if (due.empty()) break;
    for (const std::string& id : due) {
      const bool down = now < kNow + 60'000;
      steps.outbox->done(id, down ? unanswered() : accepted(), now);
      sent += down ? 0 : 1;
    }
  }
  EXPECT_EQ(sent, kMany);
}

}  // namespace
}  // namespace hitwatch::notify
