// A server that says nothing and remembers all that it is told.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <mutex>
#include <string>

#include "tests/system/harness.h"

namespace hitwatch::test {

class Listener {
 public:
  std::string heard() const {
    const std::scoped_lock lock(mutex_);
    return heard_;
  }
  std::string url() const { return server_.url(); }
  std::string address() const { return "127.0.0.1:" + std::to_string(server_.port()); }

 private:
  void listen(int socket) {
    char buffer[4096];
    while (true) {
      const ssize_t got = recv(socket, buffer, sizeof buffer, 0);
      if (got <= 0) return;
      const std::scoped_lock lock(mutex_);
      heard_.append(buffer, static_cast<std::size_t>(got));
    }
  }

  mutable std::mutex mutex_;
  std::string heard_;
  ScriptedServer server_{[this](int socket) { listen(socket); }};
};

}  // namespace hitwatch::test
