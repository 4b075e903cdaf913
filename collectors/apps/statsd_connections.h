// StatsD over TCP: lines that end with "\n", from a bounded number of clients.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "collectors/apps/statsd_intake.h"
#include "collectors/apps/statsd_line.h"
#include "collectors/apps/statsd_stream.h"

namespace hitwatch::apps {

struct ConnectionCounters {
  std::atomic<std::uint64_t> open{0};
  std::atomic<std::uint64_t> dropped{0};  // by a limit or a timeout
};

struct ConnectionLimits {
  std::size_t connections = 256;  // the one that was silent longest makes room for a new one
  std::chrono::milliseconds idle = std::chrono::minutes(5);
};

// All connections of all listening sockets, on the thread of `loop`. The references must outlive
// this, and this the last handler of the context.
class StatsdConnections {
 public:
  StatsdConnections(boost::asio::io_context& loop, ConnectionLimits limits, StatsdIntake& intake,
                    ConnectionCounters& counters);

  // Before the loop runs.
  void listen(boost::asio::ip::tcp::acceptor acceptor);

 private:
  using Socket = boost::asio::ip::tcp::socket;
  using Clock = std::chrono::steady_clock;
  enum class End : std::uint8_t { kByPeer, kBroken, kDropped };

  struct Listener {
    boost::asio::ip::tcp::acceptor acceptor;
    boost::asio::steady_timer pause;  // after accepting failed for want of descriptors or memory
  };
  struct Connection {
    explicit Connection(Socket accepted) : socket(std::move(accepted)) {}
    Socket socket;
    StatsdStream stream;
    Clock::time_point heard = Clock::now();
    bool closed = false;
  };

  void accept(Listener& listener);
  void on_accept(Socket socket);
  void wait(const std::shared_ptr<Connection>& connection);
  void read(const std::shared_ptr<Connection>& connection);
  void close(const std::shared_ptr<Connection>& connection, End end);
  void schedule_sweep();
  void sweep();

  ConnectionLimits limits_;
  StatsdIntake& intake_;
  ConnectionCounters& counters_;
  boost::asio::io_context& loop_;
  boost::asio::steady_timer sweep_timer_;
  std::list<Listener> listeners_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::unique_ptr<std::array<char, kMaxLineBytes + 1>> received_;  // by whichever is being read
};

}  // namespace hitwatch::apps
