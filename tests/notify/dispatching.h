// A dispatcher with made-up times, and its messages as lines of text:
// `team/webhook[0] {}:{} first notification: +A +B -C` has A and B firing and C resolved.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/notify/dispatcher.h"
#include "tests/notify/times.h"

namespace hitwatch::notify {

using Lines = std::vector<std::string>;

inline std::string line(const Message& message) {
  Lines names;
  for (const MessageAlert& one : message.alerts) {
    names.push_back(
        fmt::format(" {}{}", one.firing ? '+' : '-', label_value(one.alert.labels, "alertname")));
  }
  std::ranges::sort(names);  // '+' is before '-'
  return fmt::format("{} {} {}:{}", message.destination.text(), message.group_key,
                     reason_text(message.reason), fmt::join(names, ""));
}

inline Receiver receiver(std::string name, std::vector<bool> send_resolved = {true}) {
  Receiver made{.name = std::move(name), .integrations = {}};
  for (const bool send : send_resolved) {
    made.integrations.push_back({.send_resolved = send, .http = {}, .kind = WebhookSettings{}});
  }
  return made;
}

// A node `{LABEL="VALUE"}` below the root, or the root itself if there is no label.
inline Route route(std::string receiver_name, std::string label = "", std::string value = "") {
  Route made;
  made.receiver = std::move(receiver_name);
  made.key = "{}";
  if (label.empty()) return made;
  made.matchers = *parse_matchers(label + "=\"" + value + "\"");
  made.key += "/" + to_string(made.matchers);
  return made;
}

inline metrics::Labels labels_of(const std::string& name, metrics::Labels more = {}) {
  more.push_back({"alertname", name});
  normalize(more);
  return more;
}

// The kinds that the dispatcher keeps, as a new map that nobody else writes to.
inline std::unique_ptr<DurableMap> copy_of(const DurableMap& map) {
  auto copy = std::make_unique<DurableMap>("/nonexistent/state", DurableMap::Options());
  for (const char* kind : {"alert", "change", "group", "told"}) {
    map.for_each(kind, [&](const std::string& key, const std::string& value) {
      copy->put(kind, key, value);
    });
  }
  return copy;
}

inline std::size_t entries(const DurableMap& map) {
  return map.size("alert") + map.size("change") + map.size("group") + map.size("told");
}

class Dispatching : public testing::Test {
 protected:
  Dispatching() {
    settings.receivers = {receiver("team")};
    settings.route = route("team");
    restart();
  }

  // A new process that finds what the last one wrote.
  void restart() {
    const auto before = std::move(map);
    map = before ? copy_of(*before)
                 : std::make_unique<DurableMap>("/nonexistent/state", DurableMap::Options());
    dispatcher = std::make_unique<Dispatcher>(
        Dispatcher::Parts{.map = *map,
                          .muted = [this](const Alert& alert, const Route&,
                                          std::int64_t) { return mute_of(alert); },
                          .make_id = [this] { return fmt::format("msg_{}", ++messages); }},
        options);
    reload();
  }
  void reload() { dispatcher->configure(std::make_shared<const Settings>(settings), now); }

  Muted mute_of(const Alert& alert) const {
    Muted result;
    const std::string name(label_value(alert.labels, "alertname"));
    if (muted.contains(name)) result.silenced_by = {"s"};
    return result;
  }

  Alert alert(const std::string& name, metrics::Labels more = {}) const {
    return {.labels = labels_of(name, std::move(more)),
            .annotations = {},
            .starts_at = now,
            .ends_at = std::nullopt,
            .generator_url = "",
            .updated_at = now};
  }
  void fire(const std::string& name, metrics::Labels more = {}) {
    dispatcher->take({alert(name, std::move(more))}, now);
  }
  void resolve(const std::string& name, metrics::Labels more = {}) {
    Alert ended = alert(name, std::move(more));
    ended.ends_at = now;
    dispatcher->take({ended}, now);
  }
  void mute(const std::string& name) { muted.insert(name); }
  void unmute(const std::string& name) {
    muted.erase(name);
    dispatcher->mutes_changed(now);
  }

  Lines flush() {
    Lines lines;
    for (const Message& message : dispatcher->flush(now)) lines.push_back(line(message));
    return lines;
  }
  // What is sent in this time, with the time of each message.
  Lines pass(std::int64_t milliseconds) {
    const std::int64_t end = now + milliseconds;
    Lines lines;
    while (true) {
      const auto next = dispatcher->next();
      if (!next || *next > end) break;
      now = std::max(now, *next);
      for (const std::string& one : flush()) {
        lines.push_back(fmt::format("{}s {}", (now - start) / kSecond, one));
      }
    }
    now = end;
    return lines;
  }

  const std::int64_t start = 1'790'000'000'000;
  std::int64_t now = start;
  Settings settings;
  Dispatcher::Options options;
  std::set<std::string> muted;  // by alertname
  int messages = 0;
  std::unique_ptr<DurableMap> map;
  std::unique_ptr<Dispatcher> dispatcher;
};

}  // namespace hitwatch::notify
