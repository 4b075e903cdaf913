#include "tests/net/scripted_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace hitwatch::net {

PeerConnection::PeerConnection(int descriptor, SSL_CTX* tls) : descriptor_(descriptor) {
  const timeval limit{30, 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  if (tls == nullptr) return;
  tls_ = SSL_new(tls);
  SSL_set_fd(tls_, descriptor_);
  open_ = SSL_accept(tls_) == 1;
}

PeerConnection::~PeerConnection() {
  if (tls_ != nullptr) {
    if (open_) SSL_shutdown(tls_);
    SSL_free(tls_);
  }
  close(descriptor_);
}

long PeerConnection::read_some(char* to, std::size_t room) {
  if (tls_ != nullptr) return SSL_read(tls_, to, static_cast<int>(room));
  return recv(descriptor_, to, room, 0);
}

std::string PeerConnection::read_until(std::string_view end) {
  std::string text;
  char c = 0;
  while (!text.ends_with(end) && read_some(&c, 1) == 1) text += c;
  return text;
}

std::string PeerConnection::read(std::size_t size) {
  std::string text(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const long count = read_some(text.data() + filled, size - filled);
    if (count <= 0) break;
    filled += static_cast<std::size_t>(count);
  }
  text.resize(filled);
  return text;
}

bool PeerConnection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const long count = tls_ != nullptr
                           ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                           : send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void PeerConnection::wait_for_end() {
  std::array<char, 4096> ignored;
  while (read_some(ignored.data(), ignored.size()) > 0) {
  }
}

void PeerConnection::reset() {
  const linger at_once{1, 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

std::string PeerConnection::server_name() const {
  const char* name = SSL_get_servername(tls_, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

ScriptedPeer::ScriptedPeer(Script script, std::shared_ptr<SSL_CTX> tls, std::uint16_t port)
    : script_(std::move(script)),
      tls_(std::move(tls)),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, size) != 0 || listen(listener_, 16) != 0 ||
      getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("the test cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

ScriptedPeer::~ScriptedPeer() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    shutdown(listener_, SHUT_RDWR);  // wakes accept()
    if (current_ >= 0) shutdown(current_, SHUT_RDWR);
  }
  thread_.join();
  close(listener_);
}

void ScriptedPeer::serve() {
  while (true) {
    const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) return;
    if (!take(descriptor)) {
      close(descriptor);
      return;
    }
    ++connections_;
    PeerConnection connection(descriptor, tls_.get());
    if (connection.is_open()) script_(connection);
    take(-1);
  }
}

// Notes which connection is under way; false at the end of all.
bool ScriptedPeer::take(int descriptor) {
  const std::scoped_lock lock(mutex_);
  current_ = descriptor;
  return !stopping_;
}

ScriptedPeer::Script answers(std::string answer) {
  return [answer = std::move(answer)](PeerConnection& client) {
    client.read_until("\r\n\r\n");
    client.write(answer);
  };
}

}  // namespace hitwatch::net
