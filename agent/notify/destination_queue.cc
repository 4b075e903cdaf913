#include "agent/notify/destination_queue.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace hitwatch::notify {

std::int64_t retry_delay(int failures) {
  constexpr double kFirst = 500;
  constexpr double kMost = 60'000;
  constexpr int kAllAreMost = 20;
  return static_cast<std::int64_t>(
      std::min(kMost, kFirst * std::pow(1.5, std::clamp(failures - 1, 0, kAllAreMost))));
}

DestinationQueue::DestinationQueue(Destination destination, std::size_t most_in_flight)
    : most_in_flight_(std::max<std::size_t>(1, most_in_flight)) {
  counters.destination = std::move(destination);
}

std::int64_t DestinationQueue::held_until() const { return std::max(paused_until_, asked_until_); }

void DestinationQueue::add(OutboxItem& item) {
  item.queue = this;
  asked_until_ = std::max(asked_until_, item.asked_until);
  items_.emplace(item.entry.number, &item);
  Group& group = groups_[item.entry.message.group_key];
  group.emplace(item.entry.number, &item);
  if (group.size() == 1) heads_.emplace(moment(item), &item);
}

void DestinationQueue::remove(OutboxItem& item) {
  items_.erase(item.entry.number);
  const auto of = groups_.find(item.entry.message.group_key);
  Group& group = of->second;
  const bool was_head = group.begin()->second == &item;
  group.erase(item.entry.number);
  if (item.entry.in_flight) {
    item.entry.in_flight = false;
    --in_flight_;
  } else if (was_head) {
    heads_.erase(moment(item));
  }
  if (group.empty()) {
    groups_.erase(of);
  } else if (was_head) {
    OutboxItem* head = group.begin()->second;
    heads_.emplace(moment(*head), head);
  }
}

OutboxItem* DestinationQueue::take(std::int64_t now) {
  if (heads_.empty() || in_flight_ >= most_in_flight() || held_until() > now) return nullptr;
  const auto first = heads_.begin();
  OutboxItem* item = first->second;
  if (item->entry.next_attempt > now) return nullptr;
  heads_.erase(first);
  item->entry.in_flight = true;
  item->round = round_;
  ++in_flight_;
  return item;
}

std::optional<std::int64_t> DestinationQueue::next() const {
  if (heads_.empty() || in_flight_ >= most_in_flight()) return std::nullopt;
  return std::max(held_until(), heads_.begin()->second->entry.next_attempt);
}

void DestinationQueue::answered() {
  failures_ = 0;
  paused_until_ = 0;
}

void DestinationQueue::failed(OutboxItem& item,
                              std::optional<std::chrono::milliseconds> retry_after, double jitter,
                              std::int64_t now) {
  const auto until = [&](int failures) {
    return now + static_cast<std::int64_t>(static_cast<double>(retry_delay(failures)) * jitter);
  };
  Outbox::Entry& entry = item.entry;
  if (item.round == round_) {
    ++round_;
    ++failures_;
    paused_until_ = std::max(paused_until_, until(failures_));
  }
  entry.next_attempt = until(entry.attempts);
  item.asked_until = 0;
  if (retry_after) {
    const std::int64_t asked =
        now + std::clamp<std::int64_t>(retry_after->count(), 0, kLongestAsked);
    if (asked > entry.next_attempt) {
      item.asked_until = asked;
      entry.next_attempt = asked;
      asked_until_ = std::max(asked_until_, asked);
    }
  }
  entry.in_flight = false;
  --in_flight_;
  heads_.emplace(moment(item), &item);
}

void DestinationQueue::bound_waits(std::int64_t now) {
  paused_until_ = std::min(paused_until_, now + kLongestDelay);
  asked_until_ = std::min(asked_until_, now + kLongestAsked);
  const std::int64_t latest = std::max(now + kLongestDelay, asked_until_);
  while (!heads_.empty()) {
    const auto last = std::prev(heads_.end());
    OutboxItem* item = last->second;
    if (item->entry.next_attempt <= latest) return;
    heads_.erase(last);
    item->entry.next_attempt = latest;
    heads_.emplace(moment(*item), item);
  }
}

void DestinationQueue::clock_jumped(std::int64_t by, std::int64_t now) {
  const auto move = [by](std::int64_t& time) {
    if (time != 0) time += by;
  };
  move(paused_until_);
  move(asked_until_);
  for (const auto& [number, item] : items_) {
    move(item->entry.queued_at);
    item->entry.queued_at = std::min(item->entry.queued_at, now);
    move(item->entry.next_attempt);
    move(item->asked_until);
  }
  std::map<Moment, OutboxItem*> heads;
  for (const auto& [when, item] : heads_) heads.emplace(moment(*item), item);
  heads_ = std::move(heads);
}

}  // namespace hitwatch::notify
