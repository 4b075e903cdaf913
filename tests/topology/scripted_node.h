// A node of a cluster that says what it is told to, for clusters that no real nodes would be.
#pragma once

#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tests/net/scripted_peer.h"

namespace hitwatch::topology {

class ScriptedNode {
 public:
  // `version`: of INFO. It listens on a port of its own from the beginning.
  explicit ScriptedNode(std::string version = "6.2.0") {
    say("INFO server", bulk("redis_version:" + version + "\r\n"));
    revive();
  }
  ~ScriptedNode() { kill(); }

  std::uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  static std::string bulk(const std::string& text) {
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
  }
  static constexpr const char* kHangsUp = "hangs up";

  // The answer to a command from now on; "" is none, ever.
  void say(const std::string& command, std::string answer) {
    const std::scoped_lock lock(mutex_);
    answers_[command] = std::move(answer);
  }
  void say_nodes(const std::string& text) { say("CLUSTER NODES", bulk(text)); }
  // What it was asked.
  std::vector<std::string> heard() const {
    const std::scoped_lock lock(mutex_);
    return heard_;
  }
  int times_heard(const std::string& command) const {
    int times = 0;
    for (const std::string& one : heard()) times += one == command ? 1 : 0;
    return times;
  }
  int connections() const { return connections_ + (peer_ == nullptr ? 0 : peer_->connections()); }

  void kill() {
    if (peer_ != nullptr) connections_ += peer_->connections();
    peer_ = nullptr;
  }
  void revive() {
    peer_ = std::make_unique<net::ScriptedPeer>(
        [this](net::PeerConnection& client) { converse(client); }, nullptr, port_);
    port_ = peer_->port();
  }

 private:
  void converse(net::PeerConnection& client) {
    for (;;) {
      const std::string head = client.read_until("\r\n");
      if (!head.starts_with('*')) return;
      std::string command;
      for (int words = std::atoi(head.c_str() + 1); words > 0; --words) {
        const std::string size = client.read_until("\r\n");
        if (!size.starts_with('$')) return;
        const std::string word = client.read(std::strtoul(size.c_str() + 1, nullptr, 10) + 2);
        command += (command.empty() ? "" : " ") + word.substr(0, word.size() - 2);
      }
      std::string answer = "-ERR unknown command\r\n";
      {
        const std::scoped_lock lock(mutex_);
        heard_.push_back(command);
        if (const auto found = answers_.find(command); found != answers_.end()) {
          answer = found->second;
        }
      }
      if (answer == kHangsUp) return;
      if (answer.empty()) {
        client.wait_for_end();
        return;
      }
      if (!client.write(answer)) return;
    }
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::string> answers_;
  std::vector<std::string> heard_;
  std::uint16_t port_ = 0;
  int connections_ = 0;
  std::unique_ptr<net::ScriptedPeer> peer_;
};

}  // namespace hitwatch::topology
