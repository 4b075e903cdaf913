#include "agent/notify/dispatcher.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "agent/notify/alert_group.h"
#include "agent/notify/dispatch_store.h"
#include "agent/notify/group_messages.h"

namespace hitwatch::notify {

class Dispatcher::Impl {
 public:
  Impl(Parts parts, Options options)
      : muted_(std::move(parts.muted)),
        make_id_(std::move(parts.make_id)),
        options_(options),
        store_(parts.map) {}

  void configure(std::shared_ptr<const Settings> settings, std::int64_t now);
  void take(const std::vector<Alert>& alerts, std::int64_t now);
  std::optional<std::int64_t> next() const;
  void mutes_changed(std::int64_t now);
  std::vector<Message> flush(std::int64_t now);
  std::vector<AlertView> alerts(std::int64_t now) const;
  std::vector<GroupView> groups(std::int64_t now) const;
  const Counters& counters() const { return counters_; }
  std::size_t size() const { return records_.size(); }
  std::size_t waiting() const { return waiting_; }

 private:
  using Groups = std::map<AlertGroup::Identity, std::unique_ptr<AlertGroup>>;

  Groups load(std::int64_t now);
  void regroup(AlertRecord& record, const Groups& before);
  void join_groups(AlertRecord& record, const Groups* before);
  AlertGroup& group_of(const Route& route, const metrics::Labels& labels, const Groups* before);

  void take_one(const Alert& alert, std::int64_t now);
  void begin(std::string fingerprint, const Alert& alert, std::int64_t now);
  void begin_anew(AlertRecord& record, const Alert& alert, std::int64_t now);
  void update(AlertRecord& record, const Alert& alert, std::int64_t now);
  void end_what_is_over(std::int64_t now);
  void note_change(AlertRecord& record, std::int64_t now);
  void note_change_in(AlertGroup& group, AlertRecord& record, std::int64_t now);
  void note_end(AlertRecord& record);
  void note_told(AlertRecord& record);
  void bound_changes(AlertRecord& record);
  void note_flushed(AlertGroup& group, const GroupTold& told, std::int64_t now);
  bool forget_if_done(AlertRecord& record);
  void drop(AlertGroup& group);

  bool muted(const Alert& alert, const AlertGroup& group, std::int64_t now) const {
    return muted_ && muted_(alert, *group.route, now).any();
  }
  void note_clock(std::int64_t now);
  void schedule(AlertGroup& group);
  void unschedule(AlertGroup& group);
  AlertView view(const AlertRecord& record, const Route* route, std::int64_t now) const;

  const MutedOf muted_;
  const std::function<std::string()> make_id_;
  const Options options_;
  DispatchStore store_;
  std::shared_ptr<const Settings> settings_;
  std::map<std::string, AlertRecord, std::less<>> records_;  // by fingerprint
  Groups groups_;
  std::uint64_t next_id_ = 1;  // of groups
  // Who waits for what time. Groups that are due at the same time go in the order of their making.
  std::set<std::tuple<std::int64_t, std::uint64_t, AlertGroup*>> due_;
  std::set<std::pair<std::int64_t, std::string_view>> ends_;  // of firing alerts
  std::int64_t clock_ = 0;                                    // the last time that was passed in
  std::uint64_t waiting_ = 0;
  Counters counters_;
};

// ---- Settings ----

Dispatcher::Impl::Groups Dispatcher::Impl::load(std::int64_t now) {
  DispatchStore::Loaded loaded = store_.load();
  counters_.unreadable += loaded.unreadable;
  records_ = std::move(loaded.records);
  for (auto& [fingerprint, record] : records_) {
    const std::int64_t soonest = now + options_.grace_ms;
    if (record.firing() && record.alert.ends_at && *record.alert.ends_at < soonest) {
      record.alert.ends_at = soonest;
      store_.put_alert(record);
    }
    note_end(record);
  }
  Groups groups;
  for (auto& group : loaded.groups) {
    next_id_ = std::max(next_id_, group->id + 1);
    AlertGroup::Identity identity = group->identity();
    groups.emplace(std::move(identity), std::move(group));
  }
  return groups;
}

void Dispatcher::Impl::configure(std::shared_ptr<const Settings> settings, std::int64_t now) {
  const Groups before = settings_ ? std::exchange(groups_, {}) : load(now);
  settings_ = std::move(settings);
  clock_ = now;
  due_.clear();
  for (auto& [fingerprint, record] : records_) regroup(record, before);
  for (const auto& [identity, group] : before) {
    if (!groups_.contains(identity)) store_.erase_group(*group);
  }
  for (const auto& [identity, group] : groups_) {
    for (const std::string_view fingerprint : group->changed) {
      group->expect_first_flush(group->members.at(fingerprint).record->alert, now);
    }
    group->limit_timers(now);
    group->plan_repetition();
    store_.put_group(*group);
    schedule(*group);
  }
  for (auto record = records_.begin(); record != records_.end();) {
    AlertRecord& one = (record++)->second;
    note_told(one);
    forget_if_done(one);
  }
}

void Dispatcher::Impl::regroup(AlertRecord& record, const Groups& before) {
  const std::vector<AlertGroup*> was_in = std::exchange(record.groups, {});
  join_groups(record, &before);
  carry_over(record, was_in);
  for (AlertGroup* group : record.groups) {
    GroupMember& member = group->members.at(record.fingerprint);
    group->note_pending(member);
    store_.put_told(*group, member);
  }
  for (const AlertGroup* group : was_in) {
    if (std::ranges::find(record.groups, group->id, &AlertGroup::id) == record.groups.end()) {
      store_.erase_told(*group, record);
    }
  }
}

void Dispatcher::Impl::join_groups(AlertRecord& record, const Groups* before) {
  for (const Route* route : match_routes(settings_->route, record.alert.labels)) {
    AlertGroup& group = group_of(*route, record.alert.labels, before);
    GroupMember member{.record = &record,
                       .told = std::vector<ChangeNumber>(group.destinations.size(), 0)};
    if (group.members.emplace(record.fingerprint, std::move(member)).second) {
      record.groups.push_back(&group);
    }
  }
}

// `before`: where a new group finds its past.
AlertGroup& Dispatcher::Impl::group_of(const Route& route, const metrics::Labels& labels,
                                       const Groups* before) {
  metrics::Labels grouped_by = group_labels(route, labels);
  AlertGroup::Identity identity(group_key(route, grouped_by), route.receiver);
  std::unique_ptr<AlertGroup>& place = groups_[identity];
  if (place) return *place;
  place = std::make_unique<AlertGroup>();
  AlertGroup& group = *place;
  group.key = identity.first;
  group.receiver = route.receiver;
  group.labels = std::move(grouped_by);
  group.route = &route;
  if (const Receiver* receiver = settings_->receiver(route.receiver)) {
    std::map<std::string_view, std::size_t> of_kind;
    for (const Integration& one : receiver->integrations) {
      Destination destination{receiver->name, std::string(one.name()), of_kind[one.name()]++};
      group.destinations.push_back({std::move(destination), one.send_resolved});
    }
  }
  const auto past = before == nullptr ? Groups::const_iterator() : before->find(identity);
  if (before == nullptr || past == before->end()) {
    group.id = next_id_++;
    return group;
  }
  group.id = past->second->id;
  group.next_flush = past->second->next_flush;
  group.flushed = past->second->flushed;
  return group;
}

// ---- Alerts ----

void Dispatcher::Impl::take(const std::vector<Alert>& alerts, std::int64_t now) {
  note_clock(now);
  end_what_is_over(now);
  for (const Alert& alert : alerts) take_one(alert, now);
}

void Dispatcher::Impl::take_one(const Alert& alert, std::int64_t now) {
  std::string name = fingerprint(alert.labels);
  const auto known = records_.find(name);
  if (known != records_.end()) {
    AlertRecord& record = known->second;
    if (record.firing()) {
      update(record, alert, now);
    } else if (!alert.resolved(now)) {
      begin_anew(record, alert, now);
    }
  } else if (!alert.resolved(now)) {
    if (records_.size() < options_.max_alerts) {
      begin(std::move(name), alert, now);
    } else {
      ++counters_.alerts_dropped;
    }
  }
}

void Dispatcher::Impl::begin(std::string fingerprint, const Alert& alert, std::int64_t now) {
  const auto place = records_.try_emplace(fingerprint).first;
  AlertRecord& record = place->second;
  record.fingerprint = std::move(fingerprint);
  record.alert = alert;
  record.changes = 1;
  join_groups(record, nullptr);
  for (AlertGroup* group : record.groups) {
    if (group->members.size() == 1) store_.put_group(*group);
    store_.put_told(*group, group->members.at(record.fingerprint));
  }
  note_change(record, now);
}

void Dispatcher::Impl::begin_anew(AlertRecord& record, const Alert& alert, std::int64_t now) {
  if (record.waiting > 0) {
    const std::uint64_t instance = instance_of(record.changes);
    record.past[instance] = record.alert;
    store_.put_past(record, instance);
  }
  record.alert = alert;
  ++record.changes;
  note_change(record, now);
}

void Dispatcher::Impl::update(AlertRecord& record, const Alert& alert, std::int64_t now) {
  Alert& known = record.alert;
  const bool same = known.annotations == alert.annotations && known.ends_at == alert.ends_at &&
                    known.generator_url == alert.generator_url &&
                    known.starts_at <= alert.starts_at;
  known.annotations = alert.annotations;
  known.ends_at = alert.ends_at;
  known.generator_url = alert.generator_url;
  known.starts_at = std::min(known.starts_at, alert.starts_at);
  known.updated_at = alert.updated_at;
  if (known.resolved(now)) {
    ++record.changes;
    note_change(record, now);
  } else if (!same) {
    note_end(record);
    store_.put_alert(record);
  }
}

void Dispatcher::Impl::end_what_is_over(std::int64_t now) {
  while (!ends_.empty() && ends_.begin()->first <= now) {
    AlertRecord& record = records_.find(ends_.begin()->second)->second;
    ++record.changes;
    note_change(record, now);
  }
}

void Dispatcher::Impl::note_change(AlertRecord& record, std::int64_t now) {
  note_end(record);
  store_.put_alert(record);
  for (AlertGroup* group : record.groups) note_change_in(*group, record, now);
  note_told(record);
  bound_changes(record);
  forget_if_done(record);
}

void Dispatcher::Impl::note_change_in(AlertGroup& group, AlertRecord& record, std::int64_t now) {
  GroupMember& member = group.members.at(record.fingerprint);
  if (member.held) {
    for (ChangeNumber& told : member.told) told = skip_to_difference(told, record.changes);
    if (!member.pending()) member.held = false;
    store_.put_told(group, member);
  }
  const bool was_idle = group.changed.empty();
  group.note_pending(member);
  if (group.changed.empty()) {  // what was held back is undone
    group.plan_repetition();
    return schedule(group);
  }
  const std::int64_t before = group.next_flush;
  group.expect_first_flush(record.alert, now);
  if (group.next_flush != before) store_.put_group(group);
  if (was_idle && group.flushed && group.next_flush < now) {
    // Nothing was to be told at the times since then; they are where they would have been.
    const std::int64_t interval = std::max<std::int64_t>(group.route->group_interval.count(), 1);
    group.next_flush += (now - group.next_flush + interval - 1) / interval * interval;
  }
  schedule(group);
}

// Waits for the end of the alert, if it has one to come.
void Dispatcher::Impl::note_end(AlertRecord& record) {
  const auto end = record.firing() ? record.alert.ends_at : std::nullopt;
  if (end == record.end_awaited) return;
  if (record.end_awaited) ends_.erase({*record.end_awaited, record.fingerprint});
  if (end) ends_.emplace(*end, record.fingerprint);
  record.end_awaited = end;
}

// More, or other, was told of an alert: what nobody needs any more goes.
void Dispatcher::Impl::note_told(AlertRecord& record) {
  const ChangeNumber least = record.least_told();
  waiting_ -= record.waiting;
  record.waiting = record.changes - least;
  waiting_ += record.waiting;
  while (!record.past.empty() && 2 * record.past.begin()->first <= least) {
    store_.erase_past(record, record.past.begin()->first);
    record.past.erase(record.past.begin());
  }
}

void Dispatcher::Impl::bound_changes(AlertRecord& record) {
  if (record.waiting <= options_.max_changes_of_alert && waiting_ <= options_.max_changes) return;
  if (record.waiting <= 2) return;
  const std::uint64_t waiting = record.waiting;
  for (AlertGroup* group : record.groups) {
    GroupMember& member = group->members.at(record.fingerprint);
    for (ChangeNumber& told : member.told) told = skip_to_last_two(told, record.changes);
    store_.put_told(*group, member);
  }
  note_told(record);
  counters_.changes_collapsed += waiting - record.waiting;
}

bool Dispatcher::Impl::forget_if_done(AlertRecord& record) {
  if (record.firing() || record.waiting > 0) return false;
  for (AlertGroup* group : record.groups) {
    store_.erase_told(*group, record);
    group->changed.erase(record.fingerprint);
    group->members.erase(record.fingerprint);
    if (group->members.empty()) drop(*group);
  }
  for (const auto& [instance, alert] : record.past) store_.erase_past(record, instance);
  store_.erase_alert(record);
  records_.erase(records_.find(record.fingerprint));
  return true;
}

// ---- Groups ----

void Dispatcher::Impl::drop(AlertGroup& group) {
  unschedule(group);
  store_.erase_group(group);
  groups_.erase(groups_.find(group.identity()));
}

void Dispatcher::Impl::schedule(AlertGroup& group) {
  const auto next = group.next();
  if (next == group.due) return;
  unschedule(group);
  if (next) due_.emplace(*next, group.id, &group);
  group.due = next;
}

void Dispatcher::Impl::unschedule(AlertGroup& group) {
  if (group.due) due_.erase({*group.due, group.id, &group});
  group.due.reset();
}

void Dispatcher::Impl::note_clock(std::int64_t now) {
  const bool went_back = now < std::exchange(clock_, now);
  if (!went_back) return;
  for (const auto& [identity, group] : groups_) {
    group->limit_timers(now);
    group->plan_repetition();
    schedule(*group);
  }
}

std::optional<std::int64_t> Dispatcher::Impl::next() const {
  std::optional<std::int64_t> next;
  if (!due_.empty()) next = std::get<0>(*due_.begin());
  if (!ends_.empty()) next = std::min(next.value_or(AlertGroup::kNever), ends_.begin()->first);
  return next;
}

void Dispatcher::Impl::mutes_changed(std::int64_t now) {
  note_clock(now);
  for (const auto& [identity, group] : groups_) {
    const bool open = std::ranges::any_of(group->changed, [&](std::string_view fingerprint) {
      const GroupMember& member = group->members.at(fingerprint);
      return member.held && !muted(member.record->alert, *group, now);
    });
    if (!open) continue;
    std::int64_t soonest = now + group->route->group_wait.count();
    for (const GroupDestination& one : group->destinations) {
      if (one.told_at == 0) continue;
      soonest = std::max(soonest, one.told_at + group->route->group_interval.count());
    }
    if (soonest >= group->next_flush) continue;
    group->next_flush = soonest;
    store_.put_group(*group);
    schedule(*group);
  }
}

std::vector<Message> Dispatcher::Impl::flush(std::int64_t now) {
  note_clock(now);
  end_what_is_over(now);
  std::vector<Message> messages;
  while (!due_.empty() && std::get<0>(*due_.begin()) <= now) {
    AlertGroup& group = *std::get<2>(*due_.begin());
    GroupTold told = tell_group(group, muted_, make_id_, now);
    counters_.changes_collapsed += told.changes_collapsed;
    std::ranges::move(told.messages, std::back_inserter(messages));
    note_flushed(group, told, now);
  }
  return messages;
}

// The group may be gone afterwards.
void Dispatcher::Impl::note_flushed(AlertGroup& group, const GroupTold& told, std::int64_t now) {
  group.flushed = true;
  group.next_flush = now + std::max<std::int64_t>(group.route->group_interval.count(), 1);
  std::vector<AlertRecord*> records;
  for (GroupMember* member : told.members) {
    group.note_pending(*member);
    store_.put_told(group, *member);
    records.push_back(member->record);
  }
  group.plan_repetition();
  store_.put_group(group);
  schedule(group);
  for (AlertRecord* record : records) {
    note_told(*record);
    forget_if_done(*record);
  }
}

// ---- Views ----

Dispatcher::AlertView Dispatcher::Impl::view(const AlertRecord& record, const Route* route,
                                             std::int64_t now) const {
  AlertView view{
      .alert = &record.alert, .fingerprint = record.fingerprint, .receivers = {}, .muted = {}};
  for (const AlertGroup* group : record.groups) {
    if (std::ranges::find(view.receivers, group->receiver) == view.receivers.end()) {
      view.receivers.push_back(group->receiver);
    }
  }
  if (muted_ && route != nullptr) view.muted = muted_(record.alert, *route, now);
  return view;
}

std::vector<Dispatcher::AlertView> Dispatcher::Impl::alerts(std::int64_t now) const {
  std::vector<AlertView> views;
  views.reserve(records_.size());
  for (const auto& [fingerprint, record] : records_) {
    views.push_back(view(record, record.groups.empty() ? nullptr : record.groups[0]->route, now));
  }
  return views;
}

std::vector<Dispatcher::GroupView> Dispatcher::Impl::groups(std::int64_t now) const {
  std::vector<GroupView> views;
  views.reserve(groups_.size());
  for (const auto& [identity, group] : groups_) {
    GroupView one{.route = group->route, .labels = &group->labels, .key = group->key, .alerts = {}};
    one.alerts.reserve(group->members.size());
    for (const auto& [fingerprint, member] : group->members) {
      one.alerts.push_back(view(*member.record, group->route, now));
    }
    views.push_back(std::move(one));
  }
  return views;
}

Dispatcher::Dispatcher(Parts parts, Options options)
    : impl_(std::make_unique<Impl>(std::move(parts), options)) {}
Dispatcher::~Dispatcher() = default;

void Dispatcher::configure(std::shared_ptr<const Settings> settings, std::int64_t now) {
  impl_->configure(std::move(settings), now);
}
void Dispatcher::take(const std::vector<Alert>& alerts, std::int64_t now) {
  impl_->take(alerts, now);
}
std::optional<std::int64_t> Dispatcher::next() const { return impl_->next(); }
void Dispatcher::mutes_changed(std::int64_t now) { impl_->mutes_changed(now); }
std::vector<Message> Dispatcher::flush(std::int64_t now) { return impl_->flush(now); }
std::vector<Dispatcher::AlertView> Dispatcher::alerts(std::int64_t now) const {
  return impl_->alerts(now);
}
std::vector<Dispatcher::GroupView> Dispatcher::groups(std::int64_t now) const {
  return impl_->groups(now);
}
const Dispatcher::Counters& Dispatcher::counters() const { return impl_->counters(); }
std::size_t Dispatcher::size() const { return impl_->size(); }
std::size_t Dispatcher::waiting() const { return impl_->waiting(); }

}  // namespace hitwatch::notify
