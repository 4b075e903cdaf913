// A small HTTP proxy on 127.0.0.1: CONNECT tunnels, and requests in absolute form.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace hitwatch::net {

// Serves one connection after the other. Whatever name is asked for, it connects to 127.0.0.1.
class ConnectProxy {
 public:
  ConnectProxy();
  ~ConnectProxy();
  ConnectProxy(const ConnectProxy&) = delete;
  ConnectProxy& operator=(const ConnectProxy&) = delete;

  std::uint16_t port() const { return port_; }
  // The heads of the requests that it was asked for.
  std::vector<std::string> heads() const;

 private:
  void serve();
  void handle(int client);

  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::vector<std::string> heads_;
  std::thread thread_;
};

}  // namespace hitwatch::net
