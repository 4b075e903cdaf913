// Knows servers under several addresses, of what their polls tell.
//
// A target of the configuration (or of a list) may be a server that was found at another address: a
// name where sentinels or a cluster announce an IP address, say. It is known to be that one
//
//   - if its connection leads to the very address that was announced, and the server's run id, as
//     far as both are polled, is the same. Once known so, it is the same for as long as the
//     connections lead there;
//   - or if both say the same run id and the same port of their own, and no other server that was
//     found says that run id. So it is known of servers behind proxies and mapped addresses, until
//     one says another run id. An address that was found to lead to one and then to another of
//     several servers, as that of a proxy does, is none of them from then on.
//
// Of one that is watched no more under its other address, the last word counts. So nothing changes
// as long as nothing new is said, and a restart, or a name that leads elsewhere, is seen by the
// next poll. What the installation holds for failed is nobody else: that is about its address.
//
// What is watched twice and can not be helped, such as two targets of the configuration, is told:
// the figures count twice in every sum. One address under several names, or with several databases,
// was meant so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "agent/log/log.h"
#include "collectors/redis/poll_result.h"
#include "collectors/redis/target.h"

namespace hitwatch {

// All of it may be called on any thread.
class SameServers {
 public:
  static constexpr std::size_t kMostTold = 20;  // pairs; beyond, it keeps silent

  // The log must outlive this.
  explicit SameServers(log::Log& log) : log_(log) {}

  // The outcome of a poll: whether match() may say something else by now, so that a target which is
  // some server at another address may no longer be it. Those that match() was not asked of are
  // ignored.
  bool polled(const redis::Target& target, const redis::TargetState& state);

  // Of each of `named`, which of `found` it is; null for none, and for one that has its place
  // already. Their names are unique in `named`; of `found`, so are the addresses. All others are
  // forgotten.
  std::vector<const redis::Target*> match(std::span<const redis::Target> named,
                                          std::span<const redis::Target* const> found);

 private:
  // Of a target by its name.
  struct Server {
    std::string address;
    bool found = false;    // it is none of the configuration
    bool polled = false;   // since it is known
    std::string run_id;    // what it said last; "" for nothing
    int own_port = 0;      // it says that it listens there; 0: unknown
    std::string leads_to;  // "IP|port" of its connection; "" unknown
    std::string is_at;     // of a named one: the address of the found one that it is; "" for none
    bool by_run = false;   // known of the run id alone
    std::string was_at;    // the address of the last one that was known so
    bool wanders = false;  // to another
  };
  struct Found {
    std::unordered_map<std::string, const redis::Target*> at;      // by "IP|port"
    std::unordered_map<std::string, const redis::Target*> by_run;  // null: several say it
    std::unordered_set<std::string> addresses;
  };

  void know(const redis::Target& target, bool found, std::unordered_map<std::string, Server>& next);
  static Server heard(Server server, const redis::Target& target, const redis::TargetState& state);
  void forget_first(const std::string& name, const Server& server);
  const Server* server_of(const redis::Target& found) const;
  Found index(std::span<const redis::Target* const> found) const;
  const redis::Target* find(const std::string& name, Server& server, const Found& found);
  const redis::Target* find_by_run(const std::string& name, Server& server, const Found& found);
  void note(const std::string& name, Server& server, const redis::Target* now);
  void tell_if_twice(const std::string& name, const Server& server);

  log::Log& log_;
  std::mutex mutex_;
  std::unordered_map<std::string, Server> servers_;  // by name
  // What one of the other kind may say to be the same: run ids and "IP|port".
  std::unordered_set<std::string> said_by_named_;
  std::unordered_set<std::string> said_by_found_;
  std::map<std::pair<bool, std::string>, std::string> first_;  // of a kind, who said a run id first
  std::set<std::pair<std::string, std::string>> told_;
};

}  // namespace hitwatch
