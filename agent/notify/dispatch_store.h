// The dispatcher's state in the map:
//   `alert`   fingerprint             the alert, the number of its changes
//   `change`  fingerprint/instance    an earlier instance that somebody is still to be told of
//   `group`   id                      key, receiver, timers, destinations and when they were told
//   `told`    fingerprint/group id    what the group's destinations were told of the alert
// Values are JSON. What is as it was is not written again.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/notify/alert_group.h"
#include "agent/notify/durable_map.h"

namespace hitwatch::notify {

class DispatchStore {
 public:
  explicit DispatchStore(DurableMap& map) : map_(map) {}

  struct Loaded {
    std::map<std::string, AlertRecord, std::less<>> records;  // `groups` as they were
    std::vector<std::unique_ptr<AlertGroup>> groups;          // without routes and labels
    std::uint64_t unreadable = 0;
  };
  // What cannot be read, and what belongs to nothing, is erased.
  Loaded load();

  void put_alert(const AlertRecord& record);
  void erase_alert(const AlertRecord& record);
  void put_past(const AlertRecord& record, std::uint64_t instance);
  void erase_past(const AlertRecord& record, std::uint64_t instance);
  void put_group(const AlertGroup& group);
  void erase_group(const AlertGroup& group);
  void put_told(const AlertGroup& group, const GroupMember& member);
  void erase_told(const AlertGroup& group, const AlertRecord& record);

 private:
  void load_alerts(Loaded& loaded);
  void load_past(Loaded& loaded);
  void load_groups(Loaded& loaded);
  void load_told(Loaded& loaded);
  void put(std::string_view kind, const std::string& key, std::string value);

  DurableMap& map_;
};

}  // namespace hitwatch::notify
