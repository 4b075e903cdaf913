// What is different of a server from one of its polls to the next.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hitwatch::redis {

struct ServerChange {
  enum class Kind : std::uint8_t {
    kDown,          // the server no longer answers; `to` is the reason's word
    kUp,            // it does again
    kRestarted,     // `from` and `to` are its run ids
    kReconnected,   // the kept connection had been lost
    kRoleChanged,   // "master", "slave"
    kMasterChanged  // of a replica: host:port
  };
  Kind kind = Kind::kDown;
  std::string from;
  std::string to;
};

// What is known of a server after a poll; texts are "" where they are not.
struct PolledServer {
  bool up = false;
  std::string reason;  // the word, if it is down
  bool reconnected = false;
  std::string run_id;
  std::string role;
  std::string master;  // host:port, of a replica
};

// Of one target. A first poll changes nothing, unless it is known already that the target is down;
// what a poll could not tell is as it was last known.
class ServerChanges {
 public:
  // Before the first poll: it was down for who watched it under this name before.
  void begin_down() { last_.emplace(); }
  bool is_down() const { return last_ && !last_->up; }
  std::vector<ServerChange> next(const PolledServer& server);

 private:
  std::optional<PolledServer> last_;
};

}  // namespace hitwatch::redis
