#include "tests/bench/measure.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <stdexcept>

namespace hitwatch::bench {

double cpu_ms(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0) {
    throw std::runtime_error("no CPU clock of process " + std::to_string(process));
  }
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

long status_figure(pid_t process, std::string_view name) {
  std::ifstream lines("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(std::string(name) + ":")) return std::stol(line.substr(name.size() + 1));
  }
  throw std::runtime_error("/proc knows nothing of process " + std::to_string(process));
}

KeptConnection::KeptConnection(int port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close(socket_);
    throw std::runtime_error("cannot connect to port " + std::to_string(port));
  }
}

KeptConnection::~KeptConnection() { close(socket_); }

void KeptConnection::receive_some() {
  constexpr std::size_t kRoom = 256 << 10;
  const std::size_t filled = received_.size();
  received_.resize(filled + kRoom);
  const ssize_t got = recv(socket_, received_.data() + filled, kRoom, 0);
  received_.resize(filled + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got <= 0) throw std::runtime_error("the connection ended: " + received_.substr(0, 200));
}

// The size of the body whose first chunk's header is at `at` (RFC 9112, section 7.1).
std::size_t KeptConnection::receive_chunks(std::size_t at) {
  std::size_t bytes = 0;
  while (true) {
    std::size_t line_end = 0;
    while ((line_end = received_.find("\r\n", at)) == std::string::npos) receive_some();
    const std::size_t size = std::stoul(received_.substr(at, line_end - at), nullptr, 16);
    at = line_end + 2 + size + 2;
    while (received_.size() < at) receive_some();
    if (size == 0) return bytes;
    bytes += size;
  }
}

KeptConnection::Answer KeptConnection::get(const std::string& path, const std::string& header_lines,
                                           std::string* body) {
  const std::string request =
      "GET " + path + " HTTP/1.1\r\nHost: bench\r\n" + header_lines + "\r\n";
  received_.clear();
  const auto began = std::chrono::steady_clock::now();
  if (send(socket_, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    throw std::runtime_error("the request could not be sent");
  }
  std::size_t head_end = 0;
  while ((head_end = received_.find("\r\n\r\n")) == std::string::npos) receive_some();
  const std::size_t begin = head_end + 4;
  const std::string head = received_.substr(0, head_end);
  if (!head.starts_with("HTTP/1.1 200")) throw std::runtime_error(head);
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  std::size_t bytes = 0;
  if (const auto length = head.find(kLength); length != std::string::npos) {
    bytes = std::stoul(head.substr(length + kLength.size()));
    while (received_.size() < begin + bytes) receive_some();
    if (body != nullptr) *body = received_.substr(begin, bytes);
  } else {
    bytes = receive_chunks(begin);
  }
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
  return {took.count(), bytes};
}

double usec_in_commands(const std::string& commandstats) {
  constexpr std::string_view kField = ",usec=";
  double total = 0;
  for (std::size_t at = 0; (at = commandstats.find(kField, at)) != std::string::npos; ++at) {
    total += std::strtod(commandstats.c_str() + at + kField.size(), nullptr);
  }
  return total;
}

double percentile(std::vector<double>& values, double fraction) {
  const auto index = static_cast<std::size_t>(fraction * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(index));
  return values[index];
}

}  // namespace hitwatch::bench
