// A receiver that says what no real one would.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "tests/system/harness.h"

namespace hitwatch::test {

// A receiver that answers each connection with the same bytes, and remembers what it was sent.
class FixedReceiver {
 public:
  // Then it goes on with `then`, if there is one, before it closes.
  explicit FixedReceiver(std::string answer, std::function<void(int socket)> then = {})
      : answer_(std::move(answer)), then_(std::move(then)) {}

  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()) + "/"; }
  std::string requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }

 private:
  void serve(int socket) {
    const std::string request = receive(socket);
    {
      const std::scoped_lock lock(mutex_);
      requests_ += request;
    }
    send_all(socket, answer_);
    if (then_) then_(socket);
  }

  const std::string answer_;
  const std::function<void(int)> then_;
  mutable std::mutex mutex_;
  std::string requests_;
  ScriptedServer server_{[this](int socket) { serve(socket); }};
};

}  // namespace hitwatch::test
