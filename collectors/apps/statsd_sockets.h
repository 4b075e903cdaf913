// Opens the sockets that StatsD arrives at.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <expected>
#include <string>

#include "collectors/apps/options.h"
#include "collectors/apps/statsd_datagrams.h"

namespace hitwatch::apps {

// The errors of all of these are sentences that name the address.

struct UdpSocket {
  DatagramSocket socket;
  std::uint16_t port;
};

// A host name with several addresses means the first of them that can be had. `receive_buffer` is
// in bytes; the kernel may give less.
std::expected<UdpSocket, std::string> open_udp(boost::asio::io_context& loop,
                                               const StatsdAddress& address, int receive_buffer);
std::expected<boost::asio::ip::tcp::acceptor, std::string> open_tcp(boost::asio::io_context& loop,
                                                                    const StatsdAddress& address);

// The file of a bound Unix socket, removed at the end unless it is another one by then.
class SocketFile {
 public:
  SocketFile() = default;
  explicit SocketFile(std::string path);
  ~SocketFile();
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;

 private:
  std::string path_;  // "" for none
  dev_t device_ = 0;
  ino_t number_ = 0;
};

struct UnixDatagramSocket {
  SocketFile file;
  DatagramSocket socket;
};

// Anybody may write to the socket. A socket file that nobody listens at any more is replaced; one
// in use, or a file of another kind, is an error.
std::expected<UnixDatagramSocket, std::string> open_unixgram(boost::asio::io_context& loop,
                                                             const StatsdAddress& address,
                                                             int receive_buffer);

}  // namespace hitwatch::apps
