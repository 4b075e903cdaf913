#include "tests/resp/redis_process.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include "collectors/tap/resp/reply_reader.h"

namespace hitwatch::resp::test {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int unused_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  // NOLINTBEGIN(bugprone-casting-through-void)
  EXPECT_EQ(::bind(socket, static_cast<sockaddr*>(static_cast<void*>(&address)), size), 0);
  EXPECT_EQ(::getsockname(socket, static_cast<sockaddr*>(static_cast<void*>(&address)), &size), 0);
  // NOLINTEND(bugprone-casting-through-void)
  ::close(socket);
  return ntohs(address.sin_port);
}

}  // namespace

RedisProcess::RedisProcess() : port_(unused_port()) {
  std::vector<std::string> words{"redis-server",
                                 "--dir",
                                 folder_.path(""),
                                 "--port",
                                 std::to_string(port_),
                                 "--save",
                                 "",
                                 "--logfile",
                                 "/dev/null",
                                 "--bind",
                                 "127.0.0.1",
                                 "--daemonize",
                                 "no"};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  EXPECT_EQ(::posix_spawnp(&pid_, "redis-server", nullptr, nullptr, arguments.data(), environ), 0);
  for (int i = 0; i < 500; ++i) {
    RedisLine line(port_);
    if (line.is_open()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ADD_FAILURE() << "redis-server does not answer";
}

RedisProcess::~RedisProcess() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

RedisLine::RedisLine(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  const sockaddr_in address = loopback(port);
  // NOLINTNEXTLINE(bugprone-casting-through-void)
  const auto* any = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  if (::connect(socket_, any, sizeof address) != 0) {
    ::close(socket_);
    socket_ = -1;
    return;
  }
  const timeval limit{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

RedisLine::~RedisLine() {
  if (socket_ >= 0) ::close(socket_);
}

std::string RedisLine::ask(std::string_view bytes, int replies) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      ADD_FAILURE() << "cannot send";
      return {};
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  std::string all;
  ReplyReader reader;
  std::array<char, 65536> buffer{};
  while (replies > 0) {
    const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (size <= 0) {
      ADD_FAILURE() << "no reply; so far: " << all;
      break;
    }
    const std::string_view more(buffer.data(), static_cast<std::size_t>(size));
    all += more;
    std::string_view rest = more;
    for (;;) {
      const ReplyEvent event = reader.next(rest);
      if (event.kind == ReplyEvent::Kind::kEnd) --replies;
      if (event.kind == ReplyEvent::Kind::kMore || event.kind == ReplyEvent::Kind::kBroken) break;
    }
  }
  return all;
}

}  // namespace hitwatch::resp::test
