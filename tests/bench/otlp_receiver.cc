#include "tests/bench/otlp_receiver.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace hitwatch::bench {
namespace {

// The bytes of the request's body; all of it has been read.
std::size_t read_request(int socket) {
  std::vector<char> buffer(1 << 20);
  std::string head;
  std::size_t body = 0;
  std::size_t length = 0;
  while (true) {
    const ssize_t got = recv(socket, buffer.data(), buffer.size(), 0);
    if (got <= 0) return body;
    if (!head.ends_with("\r\n\r\n")) {
      head.append(buffer.data(), static_cast<std::size_t>(got));
      const auto end = head.find("\r\n\r\n");
      if (end == head.npos) continue;
      body = head.size() - end - 4;
      head.resize(end + 4);
      constexpr std::string_view kLength = "Content-Length: ";
      const auto at = head.find(kLength);
      if (at != head.npos) length = std::strtoul(head.c_str() + at + kLength.size(), nullptr, 10);
    } else {
      body += static_cast<std::size_t>(got);
    }
    if (body >= length) return body;
  }
}

}  // namespace

OtlpReceiver::OtlpReceiver(ReceiverWay way) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, generic, size) != 0 || listen(listener, 128) != 0 ||
      getsockname(listener, generic, &size) != 0) {
    throw std::runtime_error("the receiver cannot listen");
  }
  port_ = ntohs(address.sin_port);
  void* shared =
      mmap(nullptr, sizeof(Seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) throw std::runtime_error("no shared memory");
  seen_ = new (shared) Seen{};
  process_ = fork();
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve(listener, way, *seen_);
  }
  close(listener);
}

void OtlpReceiver::serve(int listener, ReceiverWay way, Seen& seen) {
  constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  while (true) {
    const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    const std::size_t bytes = read_request(client);
    ++seen.requests;
    seen.bytes += bytes;
    if (way == ReceiverWay::kHangs) continue;  // the connection stays
    static_cast<void>(send(client, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL));
    close(client);
  }
}

std::string OtlpReceiver::summary() const {
  return fmt::format("{}, {:.1f} MB", seen_->requests.load(),
                     static_cast<double>(seen_->bytes.load()) / 1e6);
}

void OtlpReceiver::end() {
  if (process_ <= 0) return;
  kill(process_, SIGKILL);
  waitpid(std::exchange(process_, -1), nullptr, 0);
  munmap(seen_, sizeof(Seen));
}

}  // namespace hitwatch::bench
