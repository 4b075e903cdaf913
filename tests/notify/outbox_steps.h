// An outbox whose daemon can be restarted, and messages for it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/notify/durable_map.h"
#include "agent/notify/outbox.h"
#include "tests/web/temporary_folder.h"

namespace hitwatch::notify {

inline const Destination kTeam{"team", "webhook", 0};
inline const Destination kOther{"other", "slack", 0};

inline Message message(std::string id, std::string group = "g", Destination to = kTeam) {
  Message made;
  made.id = std::move(id);
  made.destination = std::move(to);
  made.group_key = std::move(group);
  made.reason = Reason::kFirst;
  made.alerts.emplace_back().alert.labels = {{"alertname", "Down"}};
  return made;
}

inline Verdict accepted() { return {Verdict::Kind::kAccepted, "", {}}; }
inline Verdict refused(std::string reason = "HTTP status 400") {
  return {Verdict::Kind::kRefused, std::move(reason), {}};
}
inline Verdict unanswered(std::string reason = "HTTP status 500") {
  return {Verdict::Kind::kRetry, std::move(reason), {}};
}
inline Verdict asked_to_wait(std::chrono::milliseconds how_long) {
  return {Verdict::Kind::kRetry, "HTTP status 429", how_long};
}

class OutboxSteps {
 public:
  // The file is made at the first commit.
  explicit OutboxSteps(Outbox::Options options = {}) : options_(options) { start(); }

  // As after kill -9: what was not committed is gone.
  void restart() {
    outbox.reset();
    map.reset();
    start(true);
  }
  void commit() { EXPECT_TRUE(map->commit()); }

  // The ids of the messages that are to be sent now.
  std::vector<std::string> due(std::int64_t now) {
    std::vector<std::string> ids;
    for (const Message* taken : outbox->take_due(now)) ids.push_back(taken->id);
    return ids;
  }
  std::vector<std::string> pending() const { return ids_of(outbox->pending()); }
  std::vector<std::string> dead() const { return ids_of(outbox->dead()); }
  Outbox::Counters counters(const Destination& of = kTeam) const {
    for (const Outbox::Counters& one : outbox->counters()) {
      if (one.destination == of) return one;
    }
    return {};
  }

  std::unique_ptr<DurableMap> map;
  std::unique_ptr<Outbox> outbox;

 private:
  void start(bool opens = false) {
    map = std::make_unique<DurableMap>(folder_.path("notify.db"), DurableMap::Options());
    if (opens) {
      EXPECT_TRUE(map->open(1));
    }
    outbox = std::make_unique<Outbox>(*map, options_, 7);
  }
  static std::vector<std::string> ids_of(const std::vector<const Outbox::Entry*>& entries) {
    std::vector<std::string> ids;
    for (const Outbox::Entry* entry : entries) ids.push_back(entry->message.id);
    return ids;
  }

  web::TemporaryFolder folder_;
  Outbox::Options options_;
};

}  // namespace hitwatch::notify
