#include "collectors/apps/statsd_sockets.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

namespace hitwatch::apps {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Local = asio::local::datagram_protocol;

std::string cannot_listen(const StatsdAddress& address, std::string_view why) {
  return fmt::format("cannot receive StatsD on {}: {}", address.text, why);
}

std::string why_not_bound(const error_code& error) {
  std::string_view advice;
  if (error == asio::error::address_in_use) {
    advice = "; another program listens there: stop it or choose another port";
  } else if (error == asio::error::access_denied) {
    advice = "; ports below 1024 need the right CAP_NET_BIND_SERVICE";
  } else if (error == boost::system::errc::address_not_available) {
    advice = "; no interface of this machine has the address";
  }
  return fmt::format("{}{}", error.message(), advice);
}

// Where to bind. No host means every interface: an IPv6 socket that takes IPv4 too, or, where there
// is no IPv6, an IPv4 one.
template <typename Protocol>
std::expected<std::vector<typename Protocol::endpoint>, std::string> endpoints_of(
    asio::io_context& loop, const StatsdAddress& address) {
  using Endpoint = typename Protocol::endpoint;
  if (address.host.empty()) {
    return std::vector{Endpoint(asio::ip::address_v6::any(), address.port),
                       Endpoint(asio::ip::address_v4::any(), address.port)};
  }
  error_code error;
  typename Protocol::resolver resolver(loop);
  const auto found = resolver.resolve(address.host, std::to_string(address.port),
                                      Protocol::resolver::passive, error);
  if (error) {
    return std::unexpected(
        cannot_listen(address, fmt::format("the name does not resolve ({})", error.message())));
  }
  std::vector<Endpoint> endpoints;
  for (const auto& entry : found) endpoints.push_back(entry.endpoint());
  return endpoints;
}

template <typename Socket, typename Endpoint>
error_code open_and_bind(Socket& socket, const Endpoint& endpoint, bool reuse, bool dual_stack) {
  error_code error;
  socket.open(endpoint.protocol(), error);
  if (!error && reuse) socket.set_option(typename Socket::reuse_address(true), error);
  if (!error && endpoint.address().is_v6()) {
    socket.set_option(asio::ip::v6_only(!dual_stack), error);
  }
  if (!error) socket.bind(endpoint, error);
  return error;
}

// The first endpoint of the address that can be bound.
template <typename Protocol, typename Socket>
std::expected<Socket, std::string> bind_first(asio::io_context& loop, const StatsdAddress& address,
                                              bool reuse) {
  const auto endpoints = endpoints_of<Protocol>(loop, address);
  if (!endpoints) return std::unexpected(endpoints.error());
  error_code error = asio::error::address_family_not_supported;
  for (const auto& endpoint : *endpoints) {
    Socket socket(loop);
    error = open_and_bind(socket, endpoint, reuse, address.host.empty());
    if (!error) return socket;
  }
  return std::unexpected(cannot_listen(address, why_not_bound(error)));
}

// What is refused here leaves the socket as it was, which serves as well, only not for as much.
void prepare(int socket, int receive_buffer) {
  if (setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer) != 0) {
    (void)setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const int on = 1;
  (void)setsockopt(socket, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
}

// Whether somebody listens at the socket file, of whatever kind of socket.
bool is_live(asio::io_context& loop, const std::string& path) {
  Local::socket probe(loop);
  error_code error;
  probe.open(Local(), error);
  if (!error) probe.connect(Local::endpoint(path), error);
  return error != asio::error::connection_refused;
}

// Removes a socket file that is left over; anything else in the place is an error.
std::expected<void, std::string> make_place(asio::io_context& loop, const StatsdAddress& address) {
  struct stat found{};
  if (lstat(address.path.c_str(), &found) != 0) return {};  // whatever it is, bind will say it
  if (!S_ISSOCK(found.st_mode)) {
    return std::unexpected(cannot_listen(address, "a file that is no socket has that name"));
  }
  if (is_live(loop, address.path)) {
    return std::unexpected(
        cannot_listen(address, "another program listens there: stop it or choose another path"));
  }
  if (unlink(address.path.c_str()) != 0) {
    return std::unexpected(cannot_listen(
        address, fmt::format("the socket file that is left over cannot be removed: {}",
                             std::generic_category().message(errno))));
  }
  return {};
}

}  // namespace

std::expected<UdpSocket, std::string> open_udp(asio::io_context& loop, const StatsdAddress& address,
                                               int receive_buffer) {
  using Udp = asio::ip::udp;
  auto socket = bind_first<Udp, Udp::socket>(loop, address, false);
  if (!socket) return std::unexpected(socket.error());
  prepare(socket->native_handle(), receive_buffer);
  error_code ignored;
  const std::uint16_t port = socket->local_endpoint(ignored).port();
  return UdpSocket{DatagramSocket(*std::move(socket)), port};
}

std::expected<asio::ip::tcp::acceptor, std::string> open_tcp(asio::io_context& loop,
                                                             const StatsdAddress& address) {
  using Tcp = asio::ip::tcp;
  auto acceptor = bind_first<Tcp, Tcp::acceptor>(loop, address, true);
  if (!acceptor) return acceptor;
  error_code error;
  acceptor->listen(asio::socket_base::max_listen_connections, error);
  if (error) return std::unexpected(cannot_listen(address, why_not_bound(error)));
  return acceptor;
}

SocketFile::SocketFile(std::string path) {
  struct stat found{};
  if (lstat(path.c_str(), &found) != 0) return;
  path_ = std::move(path);
  device_ = found.st_dev;
  number_ = found.st_ino;
}

SocketFile::~SocketFile() {
  struct stat found{};
  if (path_.empty() || lstat(path_.c_str(), &found) != 0) return;
  if (found.st_dev == device_ && found.st_ino == number_) unlink(path_.c_str());
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), number_(other.number_) {}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(device_, other.device_);
  std::swap(number_, other.number_);
  return *this;
}

std::expected<UnixDatagramSocket, std::string> open_unixgram(asio::io_context& loop,
                                                             const StatsdAddress& address,
                                                             int receive_buffer) {
  constexpr mode_t kForAnybody = 0666;
  if (address.path.size() >= sizeof(sockaddr_un::sun_path)) {
    return std::unexpected(cannot_listen(address, "the path is longer than 107 bytes"));
  }
  if (const auto place = make_place(loop, address); !place) {
    return std::unexpected(place.error());
  }
  Local::socket socket(loop);
  error_code error;
  socket.open(Local(), error);
  if (!error) socket.bind(Local::endpoint(address.path), error);
  if (error) return std::unexpected(cannot_listen(address, error.message()));
  SocketFile file(address.path);
  if (chmod(address.path.c_str(), kForAnybody) != 0) {
    return std::unexpected(cannot_listen(
        address,
        fmt::format("its mode cannot be set: {}", std::generic_category().message(errno))));
  }
  prepare(socket.native_handle(), receive_buffer);
  return UnixDatagramSocket{std::move(file), std::move(socket)};
}

}  // namespace hitwatch::apps
