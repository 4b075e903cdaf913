#include "collectors/keyspace/page_look.h"

#include <utility>

#include "collectors/lookups/label_value.h"

namespace hitwatch::keyspace {
namespace {

// As reports call it: short, whatever the name of the key.
TypeAndTenant group_of(const keys::Match& match) {
  std::string scratch;
  std::string type(lookups::label_value(match.type, scratch));
  return {std::move(type), std::string(lookups::label_value(match.tenant, scratch))};
}

// Whether an error is about this key only: the ACL lets our user run the command on others. Newer
// servers also say our user's name, which holds no blank.
bool is_about_the_key(std::string_view error) {
  return error.starts_with("NOPERM") && error.find(" to access ") != error.npos;
}

void note_refused_key(const keys::Match& match, Refusals& refusals) {
  ++refusals.refused_keys;
  refusals.groups.insert(group_of(match));
}

}  // namespace

PageLook::PageLook(std::vector<std::string> names, keys::Matcher& matcher, const Refusals& refusals,
                   const std::function<bool()>& wants_ttl) {
  keys_.reserve(names.size());
  std::set<TypeAndTenant> tried;
  for (std::string& name : names) {
    Key& key = keys_.emplace_back();
    key.name = std::move(name);
    key.match = matcher.match(key.name);
    if (key.name.size() >= kCutName) continue;
    if (refusals.refused_keys > 0) {
      const TypeAndTenant group = group_of(key.match);
      if (!refusals.admit(group)) continue;
      if (!refusals.readable_groups.contains(group) && !tried.insert(group).second) {
        if (refusals.memory_usage) continue;  // nothing would be found out by then
        put_off_.push_back(std::move(key.name));
        keys_.pop_back();
        continue;
      }
    }
    key.memory = !refusals.memory_usage;
    key.ttl = !refusals.pttl && wants_ttl();
    if (key.memory) batch_.add({"MEMORY", "USAGE", key.name});
    if (key.ttl) {
      batch_.add({"PTTL", key.name});
      ++ttls_asked_;
    }
  }
}

std::vector<Seen> PageLook::read(std::span<const redis::Reply> replies, Refusals& refusals,
                                 LookCounts& counts) const {
  std::vector<Seen> page;
  page.reserve(keys_.size());
  std::size_t next = 0;
  for (const Key& key : keys_) {
    Seen seen;
    seen.name = key.name;
    seen.match = key.match;
    bool exists = true;
    if (key.memory) exists = read_memory(replies[next++], key, seen, refusals);
    if (key.ttl) {
      const bool has_one = read_ttl(replies[next++], key, seen, refusals, counts);
      exists = exists && (has_one || seen.bytes.has_value());
    }
    if (exists) {
      page.push_back(seen);
    } else {
      ++counts.vanished;
    }
  }
  return page;
}

// Whether the key is there, as far as the reply tells.
bool PageLook::read_memory(const redis::Reply& reply, const Key& key, Seen& seen,
                           Refusals& refusals) const {
  if (reply.kind == redis::Reply::Kind::kInteger) {
    seen.bytes = static_cast<double>(reply.integer);
    if (refusals.refused_keys > 0) refusals.note_readable(group_of(key.match));
    return true;
  }
  if (!reply.is_error()) return false;
  if (is_about_the_key(reply.text)) {
    note_refused_key(key.match, refusals);
  } else if (redis::is_refusal(reply.text)) {
    refusals.memory_usage = true;
  }
  return true;
}

bool PageLook::read_ttl(const redis::Reply& reply, const Key& key, Seen& seen, Refusals& refusals,
                        LookCounts& counts) const {
  if (reply.is_error()) {
    ++counts.ttls_refused;
    if (is_about_the_key(reply.text)) {
      note_refused_key(key.match, refusals);
    } else if (redis::is_refusal(reply.text)) {
      refusals.pttl = true;
    }
    return true;
  }
  if (reply.kind != redis::Reply::Kind::kInteger || reply.integer == -2) {
    ++counts.ttl_misses;
    return false;
  }
  ++counts.ttls_read;
  seen.has_ttl_reading = true;
  if (reply.integer >= 0) seen.ttl_seconds = static_cast<double>(reply.integer) / 1000;
  return true;
}

}  // namespace hitwatch::keyspace
