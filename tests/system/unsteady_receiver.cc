#include "tests/system/unsteady_receiver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

constexpr int kGlance = 20;  // milliseconds between two looks at what has changed

bool readable(int socket) {
  pollfd wanted{socket, POLLIN, 0};
  return poll(&wanted, 1, kGlance) > 0;
}

std::map<std::string, std::string> header_fields(const std::string& head) {
  std::map<std::string, std::string> fields;
  for (std::size_t at = head.find("\r\n"); at != head.npos; at = head.find("\r\n", at + 2)) {
    const std::size_t colon = head.find(':', at);
    const std::size_t end = std::min(head.find("\r\n", at + 2), head.size());
    if (colon == head.npos || colon > end) continue;
    std::string name = head.substr(at + 2, colon - at - 2);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    const std::size_t value = head.find_first_not_of(' ', colon + 1);
    fields[name] = head.substr(value, end - value);
  }
  return fields;
}

// Takes the first whole request out of what has been read.
std::optional<ReceivedRequest> whole_request(std::string& bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) return std::nullopt;
  ReceivedRequest request;
  request.headers = header_fields(bytes.substr(0, end));
  std::size_t length = 0;
  const std::string& said = request.headers["content-length"];
  std::from_chars(said.data(), said.data() + said.size(), length);
  if (bytes.size() < end + 4 + length) return std::nullopt;
  request.body = bytes.substr(end + 4, length);
  bytes.erase(0, end + 4 + length);
  request.arrived = std::chrono::steady_clock::now();
  return request;
}

std::string answer_with(int status) {
  return "HTTP/1.1 " + std::to_string(status) + " Status\r\nContent-Length: 0\r\n" +
         (status == 429 ? "Retry-After: 1\r\n" : "") + "\r\n";
}

int status_of(Answering answering) {
  switch (answering) {
    case Answering::kAccepts:
      return 200;
    case Answering::kFails:
      return 500;
    case Answering::kBusy:
      return 429;
    case Answering::kRefuses:
      return 400;
    default:
      return 0;
  }
}

}  // namespace

UnsteadyReceiver::UnsteadyReceiver() : port_(free_port()) {
  listen();
  serving_ = std::thread([this] { serve(); });
}

UnsteadyReceiver::~UnsteadyReceiver() {
  stopping_ = true;
  serving_.join();
  for (std::thread& talk : talks_) talk.join();
  if (listener_ >= 0) close(listener_);
}

void UnsteadyReceiver::answer(Answering answering) { answering_ = answering; }

std::vector<ReceivedRequest> UnsteadyReceiver::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

std::size_t UnsteadyReceiver::count() const {
  const std::scoped_lock lock(mutex_);
  return requests_.size();
}

void UnsteadyReceiver::listen() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_, 128) != 0) {
    throw std::runtime_error("the receiver cannot listen on port " + std::to_string(port_));
  }
}

void UnsteadyReceiver::serve() {
  while (!stopping_) {
    const bool away = answering_ == Answering::kAway;
    if (away && listener_ >= 0) close(std::exchange(listener_, -1));
    if (!away && listener_ < 0) listen();
    if (away) {
      std::this_thread::sleep_for(std::chrono::milliseconds(kGlance));
    } else if (readable(listener_)) {
      accept_one();
    }
  }
}

void UnsteadyReceiver::accept_one() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  talks_.emplace_back([this, client] {
    talk(client);
    close(client);
  });
}

// Until the client has gone, or there is nothing more to say to it.
void UnsteadyReceiver::talk(int socket) {
  std::string bytes;
  char buffer[16384];
  while (!stopping_ && answering_ != Answering::kAway) {
    if (!readable(socket)) continue;
    const ssize_t got = recv(socket, buffer, sizeof buffer, 0);
    if (got <= 0) return;
    bytes.append(buffer, static_cast<std::size_t>(got));
    while (auto request = whole_request(bytes)) {
      if (!take(socket, *std::move(request))) return;
    }
  }
}

// Whether the connection goes on.
bool UnsteadyReceiver::take(int socket, ReceivedRequest request) {
  const Answering answering = answering_;
  const int status = status_of(answering);
  request.status = status;
  {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(std::move(request));
  }
  if (status != 0) {
    const std::string text = answer_with(status);
    return send(socket, text.data(), text.size(), MSG_NOSIGNAL) > 0;
  }
  if (answering == Answering::kResets) {
    const linger at_once{1, 0};
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  while (answering == Answering::kHangs && answering_ == answering && !stopping_) {
    std::this_thread::sleep_for(std::chrono::milliseconds(kGlance));
  }
  return false;
}

}  // namespace hitwatch::test
