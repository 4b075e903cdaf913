#include "agent/notify/dispatch_store.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>
#include <utility>

namespace hitwatch::notify {
namespace {

using StoredJson = nlohmann::json;

std::string stored_text(const StoredJson& json) {
  return json.dump(-1, ' ', false, StoredJson::error_handler_t::replace);
}

StoredJson stored_labels(const metrics::Labels& labels) {
  StoredJson json = StoredJson::array();
  for (const metrics::Label& label : labels) json.push_back({label.name, label.value});
  return json;
}

metrics::Labels labels_from_stored(const StoredJson& json) {
  metrics::Labels labels;
  labels.reserve(json.size());
  for (const StoredJson& pair : json) {
    labels.push_back({pair.at(0).get<std::string>(), pair.at(1).get<std::string>()});
  }
  return labels;
}

StoredJson stored_alert(const Alert& alert) {
  StoredJson json = {{"labels", stored_labels(alert.labels)},
                     {"annotations", stored_labels(alert.annotations)},
                     {"starts_at", alert.starts_at},
                     {"generator_url", alert.generator_url},
                     {"updated_at", alert.updated_at}};
  if (alert.ends_at) json["ends_at"] = *alert.ends_at;
  return json;
}

Alert alert_from_stored(const StoredJson& json) {
  Alert alert;
  alert.labels = labels_from_stored(json.at("labels"));
  alert.annotations = labels_from_stored(json.at("annotations"));
  alert.starts_at = json.at("starts_at").get<std::int64_t>();
  if (json.contains("ends_at")) alert.ends_at = json.at("ends_at").get<std::int64_t>();
  alert.generator_url = json.at("generator_url").get<std::string>();
  alert.updated_at = json.at("updated_at").get<std::int64_t>();
  return alert;
}

std::string told_key(const AlertGroup& group, const AlertRecord& record) {
  return fmt::format("{}/{}", record.fingerprint, group.id);
}

std::string past_key(const AlertRecord& record, std::uint64_t instance) {
  return fmt::format("{}/{}", record.fingerprint, instance);
}

// `text/number`.
std::optional<std::pair<std::string, std::uint64_t>> split_stored_key(const std::string& key) {
  const std::size_t slash = key.rfind('/');
  if (slash == std::string::npos) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = key.data() + key.size();
  const auto [rest, error] = std::from_chars(key.data() + slash + 1, end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return std::pair(key.substr(0, slash), number);
}

// Reads every entry of a kind; those that `read` refuses (false, or an exception of the library)
// are erased. How many.
template <typename Read>
std::uint64_t read_entries(DurableMap& map, std::string_view kind, Read read) {
  std::vector<std::string> bad;
  map.for_each(kind, [&](const std::string& key, const std::string& value) {
    try {
      if (!read(key, StoredJson::parse(value))) bad.push_back(key);
    } catch (const StoredJson::exception&) {
      bad.push_back(key);
    }
  });
  for (const std::string& key : bad) map.erase(kind, key);
  return bad.size();
}

}  // namespace

void DispatchStore::put(std::string_view kind, const std::string& key, std::string value) {
  const std::string* known = map_.find(kind, key);
  if (known == nullptr || *known != value) map_.put(kind, key, std::move(value));
}

void DispatchStore::put_alert(const AlertRecord& record) {
  StoredJson json = stored_alert(record.alert);
  json["changes"] = record.changes;
  put("alert", record.fingerprint, stored_text(json));
}

void DispatchStore::erase_alert(const AlertRecord& record) {
  map_.erase("alert", record.fingerprint);
}

void DispatchStore::put_past(const AlertRecord& record, std::uint64_t instance) {
  put("change", past_key(record, instance), stored_text(stored_alert(record.past.at(instance))));
}

void DispatchStore::erase_past(const AlertRecord& record, std::uint64_t instance) {
  map_.erase("change", past_key(record, instance));
}

void DispatchStore::put_group(const AlertGroup& group) {
  StoredJson destinations = StoredJson::array();
  for (const GroupDestination& one : group.destinations) {
    destinations.push_back({{"receiver", one.destination.receiver},
                            {"integration", one.destination.integration},
                            {"index", one.destination.index},
                            {"told_at", one.told_at}});
  }
  put("group", fmt::format("{}", group.id),
      stored_text({{"key", group.key},
                   {"receiver", group.receiver},
                   {"next_flush", group.next_flush},
                   {"flushed", group.flushed},
                   {"destinations", std::move(destinations)}}));
}

void DispatchStore::erase_group(const AlertGroup& group) {
  map_.erase("group", fmt::format("{}", group.id));
}

void DispatchStore::put_told(const AlertGroup& group, const GroupMember& member) {
  put("told", told_key(group, *member.record),
      fmt::format(R"({{"changes":[{}],"held":{}}})", fmt::join(member.told, ","), member.held));
}

void DispatchStore::erase_told(const AlertGroup& group, const AlertRecord& record) {
  map_.erase("told", told_key(group, record));
}

DispatchStore::Loaded DispatchStore::load() {
  Loaded loaded;
  load_alerts(loaded);
  load_past(loaded);
  load_groups(loaded);
  load_told(loaded);
  return loaded;
}

void DispatchStore::load_alerts(Loaded& loaded) {
  loaded.unreadable += read_entries(map_, "alert", [&](const auto& key, const StoredJson& json) {
    AlertRecord record;
    record.fingerprint = key;
    record.alert = alert_from_stored(json);
    record.changes = json.at("changes").get<ChangeNumber>();
    if (record.changes == 0) return false;
    loaded.records.emplace(key, std::move(record));
    return true;
  });
}

void DispatchStore::load_past(Loaded& loaded) {
  loaded.unreadable += read_entries(map_, "change", [&](const auto& key, const StoredJson& json) {
    const auto name = split_stored_key(key);
    if (!name) return false;
    const auto record = loaded.records.find(name->first);
    if (record == loaded.records.end()) return false;
    record->second.past[name->second] = alert_from_stored(json);
    return true;
  });
}

void DispatchStore::load_groups(Loaded& loaded) {
  loaded.unreadable += read_entries(map_, "group", [&](const auto& key, const StoredJson& json) {
    const auto name = split_stored_key("/" + key);
    if (!name) return false;
    auto group = std::make_unique<AlertGroup>();
    group->id = name->second;
    group->key = json.at("key").get<std::string>();
    group->receiver = json.at("receiver").get<std::string>();
    group->next_flush = json.at("next_flush").get<std::int64_t>();
    group->flushed = json.at("flushed").get<bool>();
    for (const StoredJson& one : json.at("destinations")) {
      group->destinations.push_back(
          {.destination = {.receiver = one.at("receiver").get<std::string>(),
                           .integration = one.at("integration").get<std::string>(),
                           .index = one.at("index").get<std::size_t>()},
           .told_at = one.at("told_at").get<std::int64_t>()});
    }
    loaded.groups.push_back(std::move(group));
    return true;
  });
}

void DispatchStore::load_told(Loaded& loaded) {
  std::unordered_map<std::uint64_t, AlertGroup*> groups;
  for (const auto& group : loaded.groups) groups.emplace(group->id, group.get());
  loaded.unreadable += read_entries(map_, "told", [&](const auto& key, const StoredJson& json) {
    const auto name = split_stored_key(key);
    if (!name) return false;
    const auto record = loaded.records.find(name->first);
    const auto group = groups.find(name->second);
    if (record == loaded.records.end() || group == groups.end()) return false;
    GroupMember member{.record = &record->second,
                       .told = json.at("changes").get<std::vector<ChangeNumber>>(),
                       .held = json.at("held").get<bool>()};
    if (member.told.size() != group->second->destinations.size()) return false;
    for (ChangeNumber& told : member.told) told = std::min(told, record->second.changes);
    group->second->members.emplace(record->first, std::move(member));
    record->second.groups.push_back(group->second);
    return true;
  });
}

}  // namespace hitwatch::notify
