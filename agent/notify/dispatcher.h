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
// destination and alert in the map, so that neither a restart nor a reload loses or repeats a
// change; an alert that moves to another group by a reload is not told of again to the same
// destination. While an alert is muted its changes collapse into the last one, which is told when
// the mute ends, if it differs from what was told.
//
// State is kept in the map (kinds `alert`, `group`, `told`, `sequence`); whoever calls commits the
// map before a message is sent. No clock, no I/O. One thread at a time.
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
    std::size_t max_changes = 100'000;  // not yet in a message; beyond, an alert's collapse
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
  void take(const std::vector<Alert>& alerts, std::int64_t now);

  // When `flush` has something to do: also an alert's `ends_at` is such a moment.
  std::optional<std::int64_t> next() const;
  // Mutes may have changed: groups with changes that were held back are looked at again.
  void mutes_changed(std::int64_t now);
  // Messages whose time has come, in the order in which they are to be sent.
  std::vector<Message> flush(std::int64_t now);

  // What is known, for the API; valid until the next call.
  struct AlertView {
    const Alert* alert;
    std::string fingerprint;
    std::vector<std::string> receivers;  // in the order of their routes, each once
    Muted muted;                         // of the first route
  };
  std::vector<AlertView> alerts(std::int64_t now) const;
  struct GroupView {
    const Route* route;
    const metrics::Labels* labels;
    std::string key;
    std::vector<AlertView> alerts;
  };
  std::vector<GroupView> groups(std::int64_t now) const;
  const Counters& counters() const;
  std::size_t size() const;     // alerts
  std::size_t waiting() const;  // changes not yet in a message

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hitwatch::notify
