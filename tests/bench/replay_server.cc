#include "tests/bench/replay_server.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace hitwatch::bench {
namespace {

sockaddr_in address_of(std::uint32_t host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(host);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

// How many bytes the first command of `text` has; 0 while it is not whole.
std::size_t command_size(std::string_view text) {
  std::size_t at = text.find("\r\n");
  if (at == text.npos) return 0;
  int left = std::atoi(text.data() + 1);
  for (at += 2; left > 0; --left) {
    const std::size_t end = text.find("\r\n", at);
    if (end == text.npos) return 0;
    at = end + 2 + static_cast<std::size_t>(std::atoi(text.data() + at + 1)) + 2;
    if (at > text.size()) return 0;
  }
  return at;
}

std::string bulk(std::string_view text) { return fmt::format("${}\r\n{}\r\n", text.size(), text); }

}  // namespace

ReplayServer::ReplayServer(std::string info, int port, Hangs hangs)
    : info_(std::move(info)), real_port_(port), hangs_(std::move(hangs)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address = address_of(INADDR_ANY, 0);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 4096) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no listener");
  }
  port_ = ntohs(address.sin_port);
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  wake_ = eventfd(0, EFD_CLOEXEC);
  for (const int descriptor : {listener_, wake_}) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
  }
  thread_ = std::thread([this] { serve(); });
}

ReplayServer::~ReplayServer() {
  const std::uint64_t one = 1;
  if (write(wake_, &one, sizeof one) == sizeof one) thread_.join();
  for (const auto& [descriptor, client] : clients_) close(descriptor);
  close(listener_);
  close(epoll_);
  close(wake_);
}

void ReplayServer::serve() {
  std::array<epoll_event, 256> events;
  while (true) {
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
      if (descriptor == wake_) return;
      if (descriptor == listener_) {
        accept_all();
      } else {
        read(descriptor);
      }
    }
  }
}

void ReplayServer::accept_all() {
  while (true) {
    const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) return;
    ++connections_;
    sockaddr_in own{};
    socklen_t size = sizeof own;
    getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &size);
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::uint32_t address = ntohl(own.sin_addr.s_addr);
    clients_[descriptor] = {address, hangs_(address), {}};
    epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
  }
}

void ReplayServer::read(int descriptor) {
  Client& client = clients_[descriptor];
  std::array<char, 16384> buffer;
  const ssize_t got = recv(descriptor, buffer.data(), buffer.size(), 0);
  if (got <= 0) {
    clients_.erase(descriptor);
    close(descriptor);
    return;
  }
  if (client.hangs) return;
  client.received.append(buffer.data(), static_cast<std::size_t>(got));
  std::string out;
  std::size_t at = 0;
  while (const std::size_t size = command_size(std::string_view(client.received).substr(at))) {
    out += answer(client, std::string_view(client.received).substr(at, size));
    at += size;
    ++commands_;
  }
  client.received.erase(0, at);
  for (std::size_t sent = 0; sent < out.size();) {
    const ssize_t wrote = send(descriptor, out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
    if (wrote > 0) {
      sent += static_cast<std::size_t>(wrote);
      continue;
    }
    pollfd wait{descriptor, POLLOUT, 0};
    if (errno != EAGAIN || poll(&wait, 1, 1000) != 1) return;
  }
}

std::string ReplayServer::answer(const Client& client, std::string_view command) {
  if (command.find("\r\nINFO\r\n") != command.npos) return bulk(info_of(client.address));
  const auto [known, is_new] = answers_.try_emplace(std::string(command));
  if (is_new) known->second = ask_real(command);
  return known->second;
}

std::string ReplayServer::info_of(std::uint32_t address) const {
  constexpr std::string_view kRun = "run_id:";
  std::string text = info_;
  const std::size_t at = text.find(kRun);
  if (at != text.npos) text.replace(at + kRun.size(), 8, fmt::format("{:08x}", address));
  return text;
}

// Until nothing more comes for a moment: once for each command, so that it may take its time.
std::string ReplayServer::ask_real(std::string_view command) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = address_of(INADDR_LOOPBACK, real_port_);
  std::string reply;
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      send(descriptor, command.data(), command.size(), MSG_NOSIGNAL) > 0) {
    std::array<char, 16384> buffer;
    pollfd wait{descriptor, POLLIN, 0};
    while (poll(&wait, 1, reply.empty() ? 5000 : 100) == 1) {
      const ssize_t got = recv(descriptor, buffer.data(), buffer.size(), 0);
      if (got <= 0) break;
      reply.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }
  close(descriptor);
  return reply;
}

}  // namespace hitwatch::bench
