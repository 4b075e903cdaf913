#include "collectors/redis/connect_slots.h"

#include <array>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <utility>

namespace hitwatch::redis {
namespace {

using SlotClock = std::chrono::steady_clock;

}  // namespace

struct ConnectSlots::State : std::enable_shared_from_this<State> {
  struct Entry {
    Lane lane;
    std::function<void()> granted;
    bool held = false;
    SlotClock::time_point since;          // when it was granted
    std::weak_ptr<const void> life = {};  // gone once it is released
  };
  using Entries = std::list<Entry>;

  State(boost::asio::any_io_executor the_executor, Bounds the_bounds)
      : executor(std::move(the_executor)), bounds(the_bounds), overdue(executor) {}

  static std::size_t place(Lane lane) { return static_cast<std::size_t>(lane); }
  Entries& held_of(Lane lane) { return held[place(lane)]; }
  Entries& waiting_of(Lane lane) { return waiting[place(lane)]; }

  void release(Entries::iterator entry) {
    (entry->held ? held_of(entry->lane) : waiting_of(entry->lane)).erase(entry);
    grant();
  }

  void grant() {
    move_overdue();
    for (const Lane lane : {Lane::kPrompt, Lane::kHanging}) {
      while (!waiting_of(lane).empty() && held_of(lane).size() < bounds.lane) grant_first(lane);
    }
    in_flight = held[0].size() + held[1].size();
    still_waiting = waiting[0].size() + waiting[1].size();
    expect_overdue();
  }

  void grant_first(Lane lane) {
    held_of(lane).splice(held_of(lane).end(), waiting_of(lane), waiting_of(lane).begin());
    Entry& entry = held_of(lane).back();
    entry.held = true;
    entry.since = SlotClock::now();
    ++granted;
    boost::asio::post(executor, [life = entry.life, call = std::move(entry.granted)] {
      if (!life.expired()) call();
    });
  }

  void move_overdue() {
    Entries& prompt = held_of(Lane::kPrompt);
    Entries& hanging = held_of(Lane::kHanging);
    if (waiting_of(Lane::kPrompt).empty()) return;
    const auto latest = SlotClock::now() - bounds.prompt;
    while (!prompt.empty() && prompt.front().since <= latest && hanging.size() < bounds.lane) {
      prompt.front().lane = Lane::kHanging;
      hanging.splice(hanging.end(), prompt, prompt.begin());
    }
  }

  void expect_overdue() {
    if (waiting_of(Lane::kPrompt).empty() || held_of(Lane::kHanging).size() >= bounds.lane) return;
    const auto when = held_of(Lane::kPrompt).front().since + bounds.prompt;
    if (expected && overdue.expiry() == when) return;
    expected = true;
    overdue.expires_at(when);
    overdue.async_wait([self = weak_from_this()](const boost::system::error_code& code) {
      const auto state = self.lock();
      if (code || !state) return;
      state->expected = false;
      state->grant();
    });
  }

  const boost::asio::any_io_executor executor;
  const Bounds bounds;
  std::array<Entries, 2> held;     // by lane; the longest held first
  std::array<Entries, 2> waiting;  // by lane; who came first is first
  boost::asio::steady_timer overdue;
  bool expected = false;
  std::atomic<std::size_t> in_flight = 0;
  std::atomic<std::size_t> still_waiting = 0;
  std::atomic<std::uint64_t> granted = 0;
};

class ConnectSlots::Slot {
 public:
  Slot(std::shared_ptr<State> state, State::Entries::iterator entry)
      : state_(std::move(state)), entry_(entry) {
    entry_->life = life_;
  }
  ~Slot() { state_->release(entry_); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

 private:
  const std::shared_ptr<const void> life_ = std::make_shared<char>();
  const std::shared_ptr<State> state_;
  const State::Entries::iterator entry_;
};

void ConnectSlots::Release::operator()(Slot* slot) const { delete slot; }

ConnectSlots::ConnectSlots(boost::asio::any_io_executor executor)
    : ConnectSlots(std::move(executor), Bounds{}) {}

ConnectSlots::ConnectSlots(boost::asio::any_io_executor executor, Bounds bounds)
    : state_(std::make_shared<State>(std::move(executor), bounds)) {}

ConnectSlots::~ConnectSlots() = default;

ConnectSlots::Taken ConnectSlots::take(Lane lane, std::function<void()> granted) {
  State::Entries& waiting = state_->waiting_of(lane);
  waiting.push_back({.lane = lane, .granted = std::move(granted), .since = {}});
  Taken taken(new Slot(state_, std::prev(waiting.end())));
  state_->grant();
  return taken;
}

ConnectSlots::Figures ConnectSlots::figures() const {
  return {state_->in_flight, state_->still_waiting, state_->granted};
}

}  // namespace hitwatch::redis
