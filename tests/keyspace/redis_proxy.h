// A proxy in front of a real server that answers some commands itself and changes what the server
// says to others: for what no server at hand can be made to do.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/system/harness.h"

namespace hitwatch::keyspace {

class RedisProxy {
 public:
  using Words = std::vector<std::string>;

  // Before each command. What it answers is sent instead of asking the server; kHangUp closes the
  // connection. It may change the words. Called on the proxy's thread.
  using Answer = std::function<std::optional<std::string>(Words&)>;
  static constexpr std::string_view kHangUp = "";

  RedisProxy(const test::RedisServer& server, Answer answer);

  std::string url() const { return scripted_.url(); }
  // Replaces `from` in what the server says of itself.
  void in_info(const std::string& from, const std::string& to);
  // How many commands came whose first word this is.
  int commands(const std::string& word) const;

 private:
  void serve(int socket);
  bool serve_command(int socket, void* upstream, Words words);
  std::string changed_info(std::string info) const;

  const int port_;
  const Answer answer_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> info_changes_;
  std::map<std::string, int> commands_;
  test::ScriptedServer scripted_;  // the last: its thread uses the others
};

// Replies in the form in which they are sent.
std::string error_reply(std::string_view text);
std::string scan_reply(std::string_view cursor, const std::vector<std::string>& names);

}  // namespace hitwatch::keyspace
