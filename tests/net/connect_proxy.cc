#include "tests/net/connect_proxy.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace hitwatch::net {
namespace {

bool send_everything(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const long count = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int connect_to(std::uint16_t port) {
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  if (connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return made;
  close(made);
  return -1;
}

// Carries bytes both ways until one side ends.
void relay(int left, int right, const std::atomic<bool>& stopping) {
  std::array<char, 4096> chunk;
  while (!stopping) {
    std::array<pollfd, 2> both = {pollfd{left, POLLIN, 0}, pollfd{right, POLLIN, 0}};
    poll(both.data(), both.size(), 20);
    for (const auto& [from, to] : {std::pair(0U, right), std::pair(1U, left)}) {
      if (both[from].revents == 0) continue;
      const long count = recv(both[from].fd, chunk.data(), chunk.size(), 0);
      if (count <= 0) return;
      if (!send_everything(to, {chunk.data(), static_cast<std::size_t>(count)})) return;
    }
  }
}

}  // namespace

ConnectProxy::ConnectProxy() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, size) != 0 || listen(listener_, 16) != 0 ||
      getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("the test cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

ConnectProxy::~ConnectProxy() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);  // wakes accept()
  thread_.join();
  close(listener_);
}

std::vector<std::string> ConnectProxy::heads() const {
  const std::scoped_lock lock(mutex_);
  return heads_;
}

void ConnectProxy::serve() {
  while (true) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const timeval limit{30, 0};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    handle(client);
    close(client);
  }
}

void ConnectProxy::handle(int client) {
  std::string head;
  char c = 0;
  while (!head.ends_with("\r\n\r\n")) {
    if (recv(client, &c, 1, 0) != 1) return;
    head += c;
  }
  {
    const std::scoped_lock lock(mutex_);
    heads_.push_back(head);
  }
  const bool tunnel = head.starts_with("CONNECT ");
  const std::size_t begin = tunnel ? head.find(' ') + 1 : head.find("://") + 3;
  const std::size_t end = head.find_first_of("/ ", begin);
  const std::string authority = head.substr(begin, end - begin);
  const std::size_t colon = authority.rfind(':');
  const int port = colon == std::string::npos ? 80 : std::stoi(authority.substr(colon + 1));
  const int server = connect_to(static_cast<std::uint16_t>(port));
  if (server < 0) {
    send_everything(client, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  if (tunnel) {
    send_everything(client, "HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n");
  } else {
    // To the server in origin form.
    send_everything(server, head.substr(0, head.find(' ') + 1) + head.substr(end));
  }
  relay(client, server, stopping_);
  close(server);
}

}  // namespace hitwatch::net
