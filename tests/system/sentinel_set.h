// A master, two replicas and three sentinels that watch them, of real processes.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/system/harness.h"

namespace hitwatch::test {

// A real redis-sentinel on a free port.
class RedisSentinel {
 public:
  // `lines` of its configuration, beside port and folder.
  explicit RedisSentinel(const std::string& lines);

  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "redis://" + address(); }
  Process& process() { return *process_; }
  // As RedisServer::command; after AUTH with `password` if there is one.
  std::string command(const std::vector<std::string>& arguments,
                      const std::string& password = "") const;

 private:
  TempDir dir_;
  int port_ = free_port();
  std::unique_ptr<Process> process_;
};

class SentinelSet {
 public:
  struct Options {
    std::vector<std::string> server_arguments;  // of each
    std::string sentinel_lines;                 // of each
    std::string sentinel_password;              // that they ask for
  };
  // Waits until the sentinels know the replicas and each other.
  explicit SentinelSet(Options options = {});

  static constexpr const char* kMaster = "cache";
  RedisServer& server(std::size_t index) { return *servers_[index]; }
  RedisSentinel& sentinel(std::size_t index) { return *sentinels_[index]; }
  // The address that a sentinel names as master; "" if it does not answer.
  std::string named_by(std::size_t index) const;
  // That at least two sentinels name; "" for none.
  std::string agreed() const;
  // Makes a replica the master, and waits until two sentinels say so.
  void fail_over();

 private:
  bool is_complete() const;

  const Options options_;
  std::vector<std::unique_ptr<RedisServer>> servers_;
  std::vector<std::unique_ptr<RedisSentinel>> sentinels_;
};

}  // namespace hitwatch::test
