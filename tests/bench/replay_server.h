// Thousands of Redis servers that are one thread: a listener for all addresses of the loopback,
// which answers INFO with what a real server said once, and other commands with what one beside it
// says now.
#pragma once

#include <netinet/in.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>

namespace hitwatch::bench {

class ReplayServer {
 public:
  // Whether the server at an address (of the host's byte order) takes connections and says nothing.
  using Hangs = std::function<bool(std::uint32_t address)>;

  // `info` is the text of an INFO reply; each address says it with a run id of its own. `port` is
  // that of a real server on 127.0.0.1, which is asked once for each other command.
  ReplayServer(std::string info, int port, Hangs hangs);
  ~ReplayServer();
  ReplayServer(const ReplayServer&) = delete;
  ReplayServer& operator=(const ReplayServer&) = delete;

  int port() const { return port_; }
  std::uint64_t commands() const { return commands_; }
  std::uint64_t connections() const { return connections_; }

 private:
  struct Client {
    std::uint32_t address = 0;
    bool hangs = false;
    std::string received;
  };

  void serve();
  void accept_all();
  void read(int descriptor);
  std::string answer(const Client& client, std::string_view command);
  std::string info_of(std::uint32_t address) const;
  std::string ask_real(std::string_view command);

  const std::string info_;
  const int real_port_;
  const Hangs hangs_;
  int listener_ = -1;
  int epoll_ = -1;
  int wake_ = -1;
  int port_ = 0;
  std::unordered_map<int, Client> clients_;
  std::unordered_map<std::string, std::string> answers_;  // by the bytes of the command
  std::atomic<std::uint64_t> commands_ = 0;
  std::atomic<std::uint64_t> connections_ = 0;
  std::thread thread_;
};

}  // namespace hitwatch::bench
