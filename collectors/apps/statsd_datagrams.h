// StatsD in datagrams, over UDP or a Unix socket.
#pragma once

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <boost/asio/generic/datagram_protocol.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "collectors/apps/statsd_intake.h"
#include "collectors/apps/statsd_line.h"

namespace hitwatch::apps {

using DatagramSocket = boost::asio::generic::datagram_protocol::socket;

// Room for some datagrams, filled by a single system call.
class DatagramBatch {
 public:
  static constexpr int kDatagrams = 64;

  DatagramBatch();
  DatagramBatch(const DatagramBatch&) = delete;
  DatagramBatch& operator=(const DatagramBatch&) = delete;

  // Takes what has arrived, without waiting; the number of datagrams.
  int receive(int socket);
  std::string_view text(int index) const;
  // Whether the datagram was longer than a line may be, so that its end is lost.
  bool is_cut(int index) const;
  // How many datagrams the socket has dropped up to this one; nothing if it never did.
  std::optional<std::uint32_t> dropped(int index);

 private:
  // Not a power of two, or the first lines of all datagrams would share few lines of the CPU's
  // caches.
  struct Room {
    std::array<char, kMaxLineBytes + 1> bytes;
    std::array<char, 192> distance;
  };
  struct Control {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint32_t))> bytes;
  };
  std::unique_ptr<std::array<Room, kDatagrams>> rooms_;
  std::array<Control, kDatagrams> controls_;
  std::array<iovec, kDatagrams> pieces_;
  std::array<mmsghdr, kDatagrams> messages_;
};

struct DatagramCounters {
  std::atomic<std::uint64_t> received{0};
  std::atomic<std::uint64_t> dropped{0};
};

// One socket. Everything happens on the thread of the socket's context; `batch` is shared with the
// other sockets there. The references must outlive this, and this the context's last handler.
class StatsdDatagrams {
 public:
  StatsdDatagrams(DatagramSocket socket, DatagramBatch& batch, StatsdIntake& intake,
                  DatagramCounters& counters);

  void start() { wait(); }

 private:
  void wait();
  void receive();
  void take(int datagrams);
  void count_dropped(std::uint32_t total);

  DatagramSocket socket_;
  DatagramBatch& batch_;
  StatsdIntake& intake_;
  DatagramCounters& counters_;
  std::uint32_t dropped_ = 0;  // as the kernel counts, modulo 2^32
};

}  // namespace hitwatch::apps
