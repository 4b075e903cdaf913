#include "agent/notify/outbox.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>
#include <ranges>
#include <utility>

#include "agent/net/duration.h"
#include "agent/notify/destination_queue.h"
#include "agent/notify/outbox_item.h"

namespace hitwatch::notify {
namespace {

constexpr std::string_view kPendingKind = "message";
constexpr std::string_view kDeadKind = "dead";
constexpr std::size_t kLongestReason = 1024;

// At most so long, and no character is cut.
std::string shortened(std::string_view reason) {
  std::size_t size = std::min(reason.size(), kLongestReason);
  const auto continues = [&](std::size_t at) {
    return at < reason.size() && (static_cast<unsigned char>(reason[at]) & 0xc0U) == 0x80;
  };
  while (size > 0 && continues(size)) --size;
  return std::string(reason.substr(0, size));
}

}  // namespace

class Outbox::Impl {
 public:
  Impl(DurableMap& map, Options options, std::uint64_t seed);

  void set_max_age(std::chrono::milliseconds max_age) { options_.max_age = max_age; }
  void on_death(std::function<void(const Entry&)> tell) { tell_death_ = std::move(tell); }
  void set_destinations(const std::vector<Destination>& destinations, std::int64_t now);
  void add(Message message, std::int64_t now);
  std::vector<const Message*> take_due(std::int64_t now);
  void done(std::string_view id, const Verdict& verdict, std::int64_t now);
  int attempts(std::string_view id) const {
    const auto found = items_.find(id);
    return found == items_.end() ? 0 : found->second.entry.attempts;
  }
  void clock_jumped(std::int64_t by, std::int64_t now);
  std::optional<std::int64_t> next() const;
  std::vector<const Entry*> pending() const;
  std::vector<const Entry*> dead() const;
  std::expected<void, std::string> resend(std::string_view id, std::int64_t now);
  std::vector<Counters> counters() const;
  std::uint64_t forgotten() const { return forgotten_; }
  std::size_t unreadable() const { return unreadable_; }

 private:
  using Items = std::map<std::string, OutboxItem, std::less<>>;
  using Moment = std::pair<std::int64_t, std::int64_t>;

  static Moment queued(const OutboxItem& item) { return {item.entry.queued_at, item.entry.number}; }
  std::vector<OutboxItem> read(std::string_view kind);
  void restore();
  DestinationQueue& queue_of(const Destination& destination);
  void drop_unused_queues();
  // Where a message is kept.
  void enqueue(OutboxItem item, std::string_view message_json);
  std::string leave_queue(OutboxItem& item);
  void store(OutboxItem& item);
  void die(OutboxItem& item, std::string reason, std::int64_t now);
  void bury(OutboxItem item);
  std::string dig_out(std::map<Moment, OutboxItem>::iterator grave);
  void bound_pending(std::int64_t now);
  void bound_dead();
  // Whether it died.
  bool give_up_old(OutboxItem& item, std::int64_t now);

  DurableMap& map_;
  Options options_;
  std::mt19937_64 random_;
  std::function<void(const Entry&)> tell_death_;
  bool destinations_known_ = false;
  std::map<Destination, DestinationQueue> queues_;
  Items items_;                                    // the pending ones, by id
  std::map<std::int64_t, OutboxItem*> by_number_;  // the same
  std::map<Moment, OutboxItem*> idle_;             // those that are not in flight, oldest first
  std::uint64_t pending_bytes_ = 0;
  std::map<Moment, OutboxItem> dead_;  // by time of death
  std::map<std::string, Moment, std::less<>> graves_;
  std::uint64_t dead_bytes_ = 0;
  std::int64_t next_number_ = 1;
  std::uint64_t forgotten_ = 0;
  std::size_t unreadable_ = 0;
};

Outbox::Impl::Impl(DurableMap& map, Options options, std::uint64_t seed)
    : map_(map), options_(options), random_(seed) {
  restore();
}

std::vector<OutboxItem> Outbox::Impl::read(std::string_view kind) {
  std::vector<OutboxItem> items;
  std::vector<std::string> unreadable;
  map_.for_each(kind, [&](const std::string& key, const std::string& text) {
    auto item = item_from_text(text);
    if (item && item->entry.message.id == key) {
      items.push_back(*std::move(item));
    } else {
      unreadable.push_back(key);
    }
  });
  for (const std::string& key : unreadable) map_.erase(kind, key);
  unreadable_ += unreadable.size();
  return items;
}

void Outbox::Impl::restore() {
  auto pending = read(kPendingKind);
  auto dead = read(kDeadKind);
  std::ranges::sort(pending, {}, [](const OutboxItem& item) { return item.entry.number; });
  for (const OutboxItem& item : dead) {
    next_number_ = std::max(next_number_, item.entry.number + 1);
  }
  // Numbers of two files that became one may be the same.
  std::int64_t last = 0;
  for (OutboxItem& item : pending) {
    last = item.entry.number = std::max(item.entry.number, last + 1);
    std::string id = item.entry.message.id;
    OutboxItem& kept = items_.emplace(std::move(id), std::move(item)).first->second;
    by_number_.emplace(kept.entry.number, &kept);
    idle_.emplace(queued(kept), &kept);
    pending_bytes_ += kept.bytes;
    queue_of(kept.entry.message.destination).add(kept);
  }
  next_number_ = std::max(next_number_, last + 1);
  for (OutboxItem& item : dead) {
    if (items_.contains(item.entry.message.id)) {
      map_.erase(kDeadKind, item.entry.message.id);
    } else {
      bury(std::move(item));
    }
  }
  bound_dead();
}

DestinationQueue& Outbox::Impl::queue_of(const Destination& destination) {
  const auto found = queues_.find(destination);
  if (found != queues_.end()) return found->second;
  DestinationQueue& queue =
      queues_.try_emplace(destination, destination, options_.most_in_flight).first->second;
  queue.configured = !destinations_known_;
  return queue;
}

void Outbox::Impl::drop_unused_queues() {
  std::erase_if(queues_, [](const auto& of) {
    const DestinationQueue& queue = of.second;
    return !queue.configured && queue.items().empty() && queue.counters.dead_now == 0;
  });
}

void Outbox::Impl::set_destinations(const std::vector<Destination>& destinations,
                                    std::int64_t now) {
  destinations_known_ = true;
  for (auto& [destination, queue] : queues_) queue.configured = false;
  for (const Destination& destination : destinations) queue_of(destination).configured = true;
  std::vector<OutboxItem*> lost;
  for (const auto& [destination, queue] : queues_) {
    if (queue.configured) continue;
    for (const auto& [number, item] : queue.items()) {
      if (!item->entry.in_flight) lost.push_back(item);
    }
  }
  for (OutboxItem* item : lost) die(*item, "the destination is no longer configured", now);
  drop_unused_queues();
}

void Outbox::Impl::enqueue(OutboxItem item, std::string_view message_json) {
  std::string text = item_text(item, message_json);
  item.bytes = text.size();
  const std::string id = item.entry.message.id;
  map_.put(kPendingKind, id, std::move(text));
  OutboxItem& kept = items_.emplace(id, std::move(item)).first->second;
  by_number_.emplace(kept.entry.number, &kept);
  idle_.emplace(queued(kept), &kept);
  pending_bytes_ += kept.bytes;
  queue_of(kept.entry.message.destination).add(kept);
}

// Its message as JSON.
std::string Outbox::Impl::leave_queue(OutboxItem& item) {
  item.queue->remove(item);
  idle_.erase(queued(item));
  by_number_.erase(item.entry.number);
  pending_bytes_ -= item.bytes;
  const std::string* text = map_.find(kPendingKind, item.entry.message.id);
  std::string json(text == nullptr ? std::string_view() : item_message(*text));
  map_.erase(kPendingKind, item.entry.message.id);
  return json;
}

// What an attempt has changed.
void Outbox::Impl::store(OutboxItem& item) {
  const std::string& id = item.entry.message.id;
  const std::string* text = map_.find(kPendingKind, id);
  std::string changed = item_text(item, text == nullptr ? std::string_view() : item_message(*text));
  pending_bytes_ -= item.bytes;
  item.bytes = changed.size();
  pending_bytes_ += item.bytes;
  map_.put(kPendingKind, id, std::move(changed));
}

void Outbox::Impl::add(Message message, std::int64_t now) {
  if (items_.contains(message.id)) return;
  if (const auto grave = graves_.find(message.id); grave != graves_.end()) {
    dig_out(dead_.find(grave->second));
  }
  const std::string json = to_json(message);
  const std::string id = message.id;
  OutboxItem item;
  item.entry.message = std::move(message);
  item.entry.number = next_number_++;
  item.entry.queued_at = now;
  item.entry.next_attempt = now;
  enqueue(std::move(item), json);
  OutboxItem& kept = items_.find(id)->second;
  if (!kept.queue->configured) die(kept, "the destination is not configured", now);
  bound_pending(now);
}

void Outbox::Impl::die(OutboxItem& item, std::string reason, std::int64_t now) {
  const std::string json = leave_queue(item);
  ++item.queue->counters.dead;
  const auto owned = items_.extract(item.entry.message.id);
  OutboxItem dead = std::move(owned.mapped());
  dead.entry.last_error = std::move(reason);
  dead.entry.died_at = now;
  if (tell_death_) tell_death_(dead.entry);
  dead.asked_until = 0;
  std::string text = item_text(dead, json);
  dead.bytes = text.size();
  map_.put(kDeadKind, dead.entry.message.id, std::move(text));
  bury(std::move(dead));
  bound_dead();
}

void Outbox::Impl::bury(OutboxItem item) {
  Moment when(item.entry.died_at, item.entry.number);
  while (dead_.contains(when)) ++when.second;
  item.queue = &queue_of(item.entry.message.destination);
  ++item.queue->counters.dead_now;
  dead_bytes_ += item.bytes;
  graves_.emplace(item.entry.message.id, when);
  dead_.emplace(when, std::move(item));
}

// Its message as JSON.
std::string Outbox::Impl::dig_out(std::map<Moment, OutboxItem>::iterator grave) {
  const OutboxItem& item = grave->second;
  const std::string& id = item.entry.message.id;
  const std::string* text = map_.find(kDeadKind, id);
  std::string json(text == nullptr ? std::string_view() : item_message(*text));
  map_.erase(kDeadKind, id);
  --item.queue->counters.dead_now;
  dead_bytes_ -= item.bytes;
  graves_.erase(id);
  dead_.erase(grave);
  return json;
}

void Outbox::Impl::bound_pending(std::int64_t now) {
  while ((items_.size() > options_.max_pending || pending_bytes_ > options_.max_pending_bytes) &&
         !idle_.empty()) {
    die(*idle_.begin()->second, "the outbox is full", now);
  }
}

void Outbox::Impl::bound_dead() {
  bool last_of_queue = false;
  while (!dead_.empty() &&
         (dead_.size() > options_.max_dead || dead_bytes_ > options_.max_dead_bytes)) {
    const DestinationQueue& queue = *dead_.begin()->second.queue;
    dig_out(dead_.begin());
    ++forgotten_;
    last_of_queue = last_of_queue || queue.counters.dead_now == 0;
  }
  if (last_of_queue) drop_unused_queues();
}

bool Outbox::Impl::give_up_old(OutboxItem& item, std::int64_t now) {
  const Entry& entry = item.entry;
  if (now - entry.queued_at < options_.max_age.count()) return false;
  die(item,
      fmt::format("not accepted within {}{}{}", net::format_duration(options_.max_age),
                  entry.last_error.empty() ? "" : ": ", entry.last_error),
      now);
  return true;
}

std::vector<const Message*> Outbox::Impl::take_due(std::int64_t now) {
  while (!idle_.empty() && give_up_old(*idle_.begin()->second, now)) {
  }
  std::vector<const Message*> due;
  for (auto& [destination, queue] : queues_) {
    queue.bound_waits(now);
    while (OutboxItem* item = queue.take(now)) {
      idle_.erase(queued(*item));
      due.push_back(&item->entry.message);
    }
  }
  return due;
}

void Outbox::Impl::done(std::string_view id, const Verdict& verdict, std::int64_t now) {
  const auto found = items_.find(id);
  if (found == items_.end() || !found->second.entry.in_flight) return;
  OutboxItem& item = found->second;
  DestinationQueue& queue = *item.queue;
  const bool accepted = verdict.kind == Verdict::Kind::kAccepted;
  queue.counters.last_error = accepted ? "" : shortened(verdict.reason);
  if (verdict.kind != Verdict::Kind::kRetry) queue.answered();
  if (accepted) {
    ++queue.counters.sent;
    leave_queue(item);
    items_.erase(found);
    if (!queue.configured) drop_unused_queues();
    return;
  }
  ++queue.counters.failed_attempts;
  ++item.entry.attempts;
  item.entry.last_error = queue.counters.last_error;
  if (verdict.kind == Verdict::Kind::kRefused) {
    die(item, item.entry.last_error, now);
    return;
  }
  const double jitter = std::uniform_real_distribution<double>(0.5, 1.5)(random_);
  queue.failed(item, verdict.retry_after, jitter, now);
  idle_.emplace(queued(item), &item);
  if (!queue.configured) {
    die(item, "the destination is no longer configured", now);
  } else if (!give_up_old(item, now)) {
    store(item);
    bound_pending(now);
  }
}

void Outbox::Impl::clock_jumped(std::int64_t by, std::int64_t now) {
  for (auto& [destination, queue] : queues_) queue.clock_jumped(by, now);
  idle_.clear();
  for (auto& [id, item] : items_) {
    if (!item.entry.in_flight) idle_.emplace(queued(item), &item);
    store(item);
  }
}

std::optional<std::int64_t> Outbox::Impl::next() const {
  std::optional<std::int64_t> next;
  const auto consider = [&](std::int64_t time) { next = next ? std::min(*next, time) : time; };
  for (const auto& [destination, queue] : queues_) {
    if (const auto time = queue.next()) consider(*time);
  }
  if (!idle_.empty()) consider(idle_.begin()->first.first + options_.max_age.count());
  return next;
}

std::vector<const Outbox::Entry*> Outbox::Impl::pending() const {
  std::vector<const Entry*> entries;
  entries.reserve(by_number_.size());
  for (const auto& [number, item] : by_number_) entries.push_back(&item->entry);
  return entries;
}

std::vector<const Outbox::Entry*> Outbox::Impl::dead() const {
  std::vector<const Entry*> entries;
  entries.reserve(dead_.size());
  for (const auto& [when, item] : std::ranges::reverse_view(dead_)) entries.push_back(&item.entry);
  return entries;
}

std::expected<void, std::string> Outbox::Impl::resend(std::string_view id, std::int64_t now) {
  const auto found = graves_.find(id);
  if (found == graves_.end()) return std::unexpected(fmt::format("no dead message '{}'", id));
  const auto grave = dead_.find(found->second);
  if (!grave->second.queue->configured) {
    return std::unexpected(fmt::format("its destination, {}, is not configured",
                                       grave->second.entry.message.destination.text()));
  }
  OutboxItem item;
  item.entry.message = grave->second.entry.message;
  item.entry.last_error = grave->second.entry.last_error;
  item.entry.number = next_number_++;
  item.entry.queued_at = now;
  item.entry.next_attempt = now;
  const std::string json = dig_out(grave);
  enqueue(std::move(item), json);
  bound_pending(now);
  return {};
}

std::vector<Outbox::Counters> Outbox::Impl::counters() const {
  std::vector<Counters> all;
  all.reserve(queues_.size());
  for (const auto& [destination, queue] : queues_) {
    Counters& of = all.emplace_back(queue.counters);
    of.pending = queue.items().size();
    if (of.pending > 0) of.oldest = queue.items().begin()->second->entry.message.created_at;
  }
  return all;
}

Outbox::Outbox(DurableMap& map, Options options, std::uint64_t seed)
    : impl_(std::make_unique<Impl>(map, options, seed)) {}
Outbox::~Outbox() = default;

void Outbox::set_max_age(std::chrono::milliseconds max_age) { impl_->set_max_age(max_age); }

void Outbox::on_death(std::function<void(const Entry& dead)> tell) {
  impl_->on_death(std::move(tell));
}

void Outbox::set_destinations(std::vector<Destination> destinations, std::int64_t now) {
  impl_->set_destinations(destinations, now);
}

void Outbox::add(Message message, std::int64_t now) { impl_->add(std::move(message), now); }

std::vector<const Message*> Outbox::take_due(std::int64_t now) { return impl_->take_due(now); }

void Outbox::done(std::string_view id, const Verdict& verdict, std::int64_t now) {
  impl_->done(id, verdict, now);
}

void Outbox::clock_jumped(std::int64_t by, std::int64_t now) { impl_->clock_jumped(by, now); }

int Outbox::attempts(std::string_view id) const { return impl_->attempts(id); }
std::optional<std::int64_t> Outbox::next() const { return impl_->next(); }

std::vector<const Outbox::Entry*> Outbox::pending() const { return impl_->pending(); }

std::vector<const Outbox::Entry*> Outbox::dead() const { return impl_->dead(); }

std::expected<void, std::string> Outbox::resend(std::string_view id, std::int64_t now) {
  return impl_->resend(id, now);
}

std::vector<Outbox::Counters> Outbox::counters() const { return impl_->counters(); }

std::uint64_t Outbox::forgotten() const { return impl_->forgotten(); }

std::size_t Outbox::unreadable() const { return impl_->unreadable(); }

}  // namespace hitwatch::notify
