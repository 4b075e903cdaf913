#include "collectors/topology/sentinel_replies.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "agent/net/wildcards.h"
#include "collectors/topology/announced.h"
#include "collectors/topology/cluster_words.h"

namespace hitwatch::topology {
namespace {

using redis::Reply;

constexpr std::size_t kLongestRunId = 64;
// Sentinels have some forty fields; what comes after so many is not looked at.
constexpr std::size_t kMostFieldElements = 256;

// The values of some fields in a flat array of names and values.
struct ToldFields {
  explicit ToldFields(const Reply& reply) {
    const std::size_t size = std::min(reply.elements.size(), kMostFieldElements);
    for (std::size_t i = 0; i + 1 < size; i += 2) {
      const std::string_view field = reply.elements[i].string();
      for (const auto& [wanted_name, value] : wanted) {
        if (field == wanted_name) this->*value = reply.elements[i + 1].string();
      }
    }
  }

  std::string_view name, ip, port, run_id, flags, epoch;

  static constexpr std::pair<std::string_view, std::string_view ToldFields::*> wanted[] = {
      {"name", &ToldFields::name},   {"ip", &ToldFields::ip},
      {"port", &ToldFields::port},   {"runid", &ToldFields::run_id},
      {"flags", &ToldFields::flags}, {"config-epoch", &ToldFields::epoch},
  };
};

std::optional<std::string> told_address(std::string_view host, std::string_view port) {
  const auto number = read_port(port);
  const auto url = number ? announced_url(host, *number, false) : std::nullopt;
  if (!url) return std::nullopt;
  return url->address();
}

// "s_down,master,disconnected" has the flags s_down, master and disconnected.
bool has_flag(std::string_view flags, std::string_view wanted) {
  while (!flags.empty()) {
    const std::size_t comma = std::min(flags.find(','), flags.size());
    if (flags.substr(0, comma) == wanted) return true;
    flags.remove_prefix(std::min(comma + 1, flags.size()));
  }
  return false;
}

bool is_told_down(std::string_view flags) {
  return has_flag(flags, "s_down") || has_flag(flags, "o_down");
}

std::string told_run_id(std::string_view text) {
  const bool is_id =
      text.size() <= kLongestRunId && std::ranges::all_of(text, [](unsigned char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      });
  return is_id ? std::string(text) : std::string();
}

std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::size_t kMostWords = 64;
  std::vector<std::string_view> words;
  while (!text.empty() && words.size() < kMostWords) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    if (blank > 0) words.push_back(text.substr(0, blank));
    text.remove_prefix(std::min(blank + 1, text.size()));
  }
  return words;
}

}  // namespace

bool is_master_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestMasterName &&
         std::ranges::none_of(name, [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

bool is_wanted_master(std::string_view name, const std::vector<std::string>& patterns) {
  return std::ranges::any_of(
      patterns, [&](const std::string& one) { return net::matches_pattern(one, name); });
}

std::vector<std::string> read_master_names(const Reply& reply,
                                           const std::vector<std::string>& patterns) {
  std::vector<std::string> names;
  std::unordered_set<std::string_view> seen;
  for (const Reply& element : reply.elements) {
    if (names.size() == kMostSentinelMasters) break;
    const std::string_view name = ToldFields(element).name;
    if (is_master_name(name) && is_wanted_master(name, patterns) && seen.insert(name).second)
      names.emplace_back(name);
  }
  return names;
}

std::optional<ToldMaster> read_master(const Reply& reply) {
  const ToldFields fields(reply);
  auto address = told_address(fields.ip, fields.port);
  if (!address) return std::nullopt;
  ToldMaster master;
  master.address = *std::move(address);
  master.run_id = told_run_id(fields.run_id);
  master.epoch = read_number(fields.epoch);
  master.down = is_told_down(fields.flags);
  return master;
}

std::optional<std::string> read_master_address(const Reply& reply) {
  if (reply.elements.size() != 2) return std::nullopt;
  return told_address(reply.elements[0].string(), reply.elements[1].string());
}

std::vector<ToldServer> read_servers(const Reply& reply, std::size_t most) {
  std::vector<ToldServer> servers;
  std::unordered_set<std::string> seen;
  for (const Reply& element : reply.elements) {
    if (servers.size() == most) break;
    const ToldFields fields(element);
    auto address = told_address(fields.ip, fields.port);
    if (!address || !seen.insert(*address).second) continue;
    servers.push_back(
        {*std::move(address), told_run_id(fields.run_id), is_told_down(fields.flags)});
  }
  return servers;
}

const std::vector<SentinelChannel>& sentinel_channels() {
  static const std::vector<SentinelChannel> channels = {
      {"+switch-master", true}, {"+promoted-slave", true}, {"+try-failover", true},
      {"+failover-end", true},  {"+odown", true},          {"-odown", true},
      {"+sdown", false},        {"-sdown", false},         {"+slave", false},
      {"+sentinel", false},     {"+reboot", false},        {"+convert-to-slave", false},
      {"+role-change", false},  {"-role-change", false},   {"+monitor", true},
      {"-monitor", true},       {"+reset-master", true},
  };
  return channels;
}

// `TYPE NAME IP PORT @ MASTER IP PORT`, where a master has no part behind the `@`; but
// `MASTER OLD-IP OLD-PORT NEW-IP NEW-PORT` of +switch-master. Names that hold blanks cannot be told
// from the rest.
std::optional<SentinelMessage> read_message(std::string_view channel, std::string_view text) {
  const auto& channels = sentinel_channels();
  const auto found = std::ranges::find(channels, channel, &SentinelChannel::name);
  if (found == channels.end()) return std::nullopt;
  SentinelMessage message{.channel = &*found, .master = {}, .address = {}};
  const std::vector<std::string_view> words = words_of(text);
  const auto take = [&](std::string_view name, std::string_view host, std::string_view port) {
    auto address = told_address(host, port);
    if (!address || !is_master_name(name)) return;
    message.master = name;
    message.address = *std::move(address);
  };
  if (channel == "+switch-master") {
    if (words.size() == 5) take(words[0], words[3], words[4]);
  } else if (words.size() >= 4 && words[0] == "master") {
    take(words[1], words[2], words[3]);
  } else if (words.size() >= 8 && words[4] == "@") {
    take(words[5], words[2], words[3]);
  }
  return message;
}

}  // namespace hitwatch::topology
