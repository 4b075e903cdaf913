// From changes of alerts to messages: routes, groups and their timers.
//
// Alertmanager's grouping: an alert belongs to a group for each route that it reaches; a new group
// is told of after `group_wait` (at once if its alert began that long ago), then every
// `group_interval` while there is something new, and again after `repeat_interval` while it fires
// (here an interval is over when it is over: no message waits for a second one to pass).
//
// What is better than there: every change (firing, resolved) that is not muted is in a message,
// also if the alert has changed again before the group's time comes: then the group's time brings
// several messages, in order, none of which has an alert in two states. What was told is kept by
// group, destination and alert in the map, so that neither a restart nor a reload loses or repeats
// a change; an alert that moves to another group by a reload is not told of again to the same
// destination.
//
// Muted is who is so when the group's time comes. What is to be told of such an alert is held back,
// and until it is told, all its changes collapse into the difference between what was told and what
// is. The difference, if any, is told when the mute has ended: at the next `group_interval`, or
// `group_wait` after `mutes_changed` if that is sooner and no message of the group is more recent
// than `group_interval`: so an inhibited alert that ends shortly after its inhibitor bothers
// nobody. A resolution is held back for five days at most.
//
// A destination without `send_resolved` is told of firings only: a resolution that would have been
// told makes the alert one that can fire anew.
//
// State is kept in the map (kinds `alert`, `change`, `group`, `told`, see dispatch_store.h);
// whoever calls commits the map, together with the messages, before a message is sent. What is
// written is proportional to what changed. Resolved alerts are forgotten when every destination was
// told. No clock, no I/O. One thread at a time.
//
// Times are milliseconds since 1970 and may go backwards: no timer waits longer than it would if it
// had been set by the new time. Whoever calls should do so about once a minute even if `next` is
// later, so that such a jump is noticed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/notify/durable_map.h"
#include "agent/notify/message.h"
#include "agent/notify/mutes.h"
#include "agent/notify/settings.h"

namespace hitwatch::notify {

class Dispatcher {
 public:
  struct Options {
    std::size_t max_alerts = 200'000;
    // Changes that are not yet in a message, of all alerts and of one. Beyond, those of the alert
    // that changes collapse: into the difference and, if there is none, the last two.
    std::size_t max_changes = 100'000;
    std::size_t max_changes_of_alert = 32;
    // After a start no alert ends by itself sooner: its sender could not say meanwhile that it goes
    // on. Prometheus says so every minute.
    std::int64_t grace_ms = 120'000;
  };
  struct Parts {
    DurableMap& map;
    MutedOf muted;                         // none: nobody is muted
    std::function<std::string()> make_id;  // of messages
  };
  struct Counters {
    std::uint64_t alerts_dropped = 0;  // too many
    std::uint64_t changes_collapsed = 0;
    std::uint64_t unreadable = 0;  // entries of the map
  };

  Dispatcher(Parts parts, Options options);
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // First call: takes up what the map has. Later ones: regroups every alert.
  void configure(std::shared_ptr<const Settings> settings, std::int64_t now);

  // Alerts that began, changed or ended (their `ends_at` has come). One that is known keeps the
  // earlier beginning; a firing one that had ended begins anew. Annotations of the latest count.
  // One that is not known and has ended is no news. Labels are normalized.
  void take(const std::vector<Alert>& alerts, std::int64_t now);

  // When `flush` has something to do: also an alert's `ends_at` is such a moment.
  std::optional<std::int64_t> next() const;
  // Mutes may have ended: groups with changes that were held back are looked at again.
  void mutes_changed(std::int64_t now);
  // Messages whose time has come, in the order in which they are to be sent.
  std::vector<Message> flush(std::int64_t now);

  // What is known, for the API; valid until the next call.
  struct AlertView {
    const Alert* alert;
    std::string fingerprint;
    std::vector<std::string> receivers;  // in the order of their routes, each once
    Muted muted;                         // on the first route; in a group, on that of the group
  };
  std::vector<AlertView> alerts(std::int64_t now) const;  // by fingerprint, also resolved ones
  struct GroupView {
    const Route* route;
    const metrics::Labels* labels;
    std::string key;
    std::vector<AlertView> alerts;
  };
  std::vector<GroupView> groups(std::int64_t now) const;  // by key and receiver
  const Counters& counters() const;
  std::size_t size() const;     // alerts
  std::size_t waiting() const;  // changes not yet in a message

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hitwatch::notify
