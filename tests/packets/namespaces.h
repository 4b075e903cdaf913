// Network namespaces of a test's own, and connections in them. Needs to be root, or user
// namespaces.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "collectors/tap/packets/network_namespace.h"
#include "collectors/tap/packets/packet_ring.h"
#include "collectors/tap/packets/reassembly.h"

namespace hitwatch::packets::test {

// Once in a process, which has no other thread yet: who is not root is it in a user namespace.
inline void be_root() {
  if (::geteuid() == 0) return;
  const uid_t user = ::geteuid();
  ASSERT_EQ(::unshare(CLONE_NEWUSER), 0) << "neither root nor user namespaces";
  std::ofstream("/proc/self/uid_map") << fmt::format("0 {} 1", user);
}

class OwnNamespace {
 public:
  OwnNamespace() {
    std::thread([this] {
      if (::unshare(CLONE_NEWNET) != 0) return;
      descriptor_ = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    }).join();
    EXPECT_GE(descriptor_, 0);
    run("ip link set lo up");
  }
  ~OwnNamespace() { ::close(descriptor_); }
  OwnNamespace(const OwnNamespace&) = delete;
  OwnNamespace& operator=(const OwnNamespace&) = delete;

  std::string path() const { return fmt::format("/proc/{}/fd/{}", ::getpid(), descriptor_); }
  void enter(const std::function<void()>& work) const {
    const auto entered = in_network_namespace(path(), work);
    EXPECT_TRUE(entered) << entered.error();
  }
  // A command of the shell.
  void run(const std::string& command) const {
    enter([&] { EXPECT_EQ(std::system(command.c_str()), 0) << command; });
  }
  int socket(int family, int type, int protocol = 0) const {
    int made = -1;
    enter([&] { made = ::socket(family, type | SOCK_CLOEXEC, protocol); });
    EXPECT_GE(made, 0);
    return made;
  }
  std::unique_ptr<PacketRing> ring(const PacketRing::Options& options,
                                   const PortFilter& filter) const {
    std::unique_ptr<PacketRing> opened;
    enter([&] {
      auto result = PacketRing::open(options, filter);
      if (result) {
        opened = std::move(*result);
      } else {
        ADD_FAILURE() << result.error();
      }
    });
    if (opened != nullptr) {
      const auto bound = opened->bind();
      EXPECT_TRUE(bound) << bound.error();
    }
    return opened;
  }

 private:
  int descriptor_ = -1;
};

// "va" in the first one, with 10.0.0.1, and "vb" in the second one, with 10.0.0.2.
inline void connect_by_veth(const OwnNamespace& first, const OwnNamespace& second) {
  first.run("ip link add va type veth peer name vb");
  first.run(fmt::format("ip link set vb netns {}", second.path()));
  first.run("ip addr add 10.0.0.1/24 dev va && ip link set va up");
  second.run("ip addr add 10.0.0.2/24 dev vb && ip link set vb up");
}

// A TCP connection between two namespaces, which may be one.
class TestConnection {
 public:
  TestConnection(const OwnNamespace& clients, const OwnNamespace& servers, const Endpoint& server) {
    sockaddr_storage address{};
    const socklen_t size = to_socket(server, address);
    const int listener = servers.socket(address.ss_family, SOCK_STREAM);
    const int yes = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    EXPECT_EQ(::bind(listener, generic, size), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
    client_ = clients.socket(address.ss_family, SOCK_STREAM);
    EXPECT_EQ(::connect(client_, generic, size), 0);
    server_ = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    ::close(listener);
  }
  ~TestConnection() { close(); }
  TestConnection(const TestConnection&) = delete;
  TestConnection& operator=(const TestConnection&) = delete;

  std::uint16_t client_port() const {
    sockaddr_in6 address{};  // also of IPv4, whose port is at the same place
    socklen_t size = sizeof(address);
    EXPECT_EQ(::getsockname(client_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    return ntohs(address.sin6_port);
  }
  // Returns once the other side has read all of it.
  void say(Side side, std::string_view bytes) {
    std::thread writer([&] {
      const std::string_view all = bytes;
      for (std::size_t at = 0; at < all.size();) {
        const ssize_t count = ::write(of(side), all.data() + at, all.size() - at);
        if (count <= 0) return;
        at += static_cast<std::size_t>(count);
      }
    });
    std::array<char, 65'536> buffer{};
    const int reader = side == Side::kClient ? server_ : client_;
    for (std::size_t count = 0; count < bytes.size();) {
      const ssize_t read = ::read(reader, buffer.data(), buffer.size());
      ASSERT_GT(read, 0);
      count += static_cast<std::size_t>(read);
    }
    writer.join();
    sent[static_cast<std::size_t>(side)] += bytes;
  }
  void close() {
    for (int* end : {&client_, &server_}) {
      if (*end >= 0) ::close(std::exchange(*end, -1));
    }
  }

  std::array<std::string, 2> sent;

 private:
  static socklen_t to_socket(const Endpoint& endpoint, sockaddr_storage& address) {
    if (endpoint.address.is_ipv4()) {
      auto& ipv4 = reinterpret_cast<sockaddr_in&>(address);
      ipv4.sin_family = AF_INET;
      ipv4.sin_port = htons(endpoint.port);
      std::copy_n(endpoint.address.bytes.begin() + 12, 4,
                  reinterpret_cast<std::uint8_t*>(&ipv4.sin_addr));
      return sizeof(ipv4);
    }
    auto& ipv6 = reinterpret_cast<sockaddr_in6&>(address);
    ipv6.sin6_family = AF_INET6;
    ipv6.sin6_port = htons(endpoint.port);
    std::ranges::copy(endpoint.address.bytes, reinterpret_cast<std::uint8_t*>(&ipv6.sin6_addr));
    return sizeof(ipv6);
  }
  int of(Side side) const { return side == Side::kClient ? client_ : server_; }

  int client_ = -1;
  int server_ = -1;
};

// What a ring tells of one connection.
class TestTap : public StreamHandler {
 public:
  TestTap(PacketRing& ring, std::uint16_t server_port) : ring_(ring), port_(server_port) {}

  // What there is by now.
  void read_some() {
    while (auto block = ring_.take()) {
      Frame frame;
      while (block->next(frame)) {
        const auto segment = read_frame(frame);
        ASSERT_TRUE(segment) << static_cast<int>(segment.error());
        on_segment(*segment);
        ++packets;
        syns += segment->syn;
        longest_frame = std::max(longest_frame, frame.bytes.size());
        times.push_back(frame.time);
        links.push_back(frame.link);
        const Side side = segment->source.port == port_ ? Side::kServer : Side::kClient;
        reassembly_.take(side, *segment, *this);
      }
    }
  }
  // Reads until `is_enough` or for ten seconds, which are a failure.
  void read_until(const std::function<bool()>& is_enough) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!is_enough()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "not captured";
      pollfd readable{.fd = ring_.descriptor(), .events = POLLIN, .revents = 0};
      ::poll(&readable, 1, 100);
      read_some();
    }
  }
  void read_all_of(const TestConnection& connection) {
    read_until([&] {
      return streams[0].size() + lost_bytes >= connection.sent[0].size() &&
             streams[1].size() + lost_bytes >= connection.sent[1].size();
    });
  }
  void read_to_the_end() {
    read_until([&] { return reassembly_.is_closed(); });
  }

  void bytes(const Chunk& chunk) override {
    streams[static_cast<std::size_t>(chunk.side)] += chunk.bytes;
  }
  void lost(Side, std::uint64_t count, Time) override { lost_bytes += count; }
  void repeated(Side) override { ++repetitions; }

  std::function<void(const Segment&)> on_segment = [](const Segment&) {};
  std::array<std::string, 2> streams;
  std::uint64_t lost_bytes = 0;
  int repetitions = 0;
  int syns = 0;
  int packets = 0;
  std::size_t longest_frame = 0;
  std::vector<Time> times;
  std::vector<LinkType> links;

 private:
  PacketRing& ring_;
  std::uint16_t port_;
  BufferPool pool_{1U << 20};
  Reassembly reassembly_{pool_};
};

}  // namespace hitwatch::packets::test
