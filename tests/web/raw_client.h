// A client that sends exactly the bytes it is told to.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace hitwatch::web {

class RawClient {
 public:
  // Connects to 127.0.0.1. Reads give up after 30 s, which only a broken server needs.
  explicit RawClient(std::uint16_t port, int receive_buffer = 0);
  ~RawClient();
  RawClient(RawClient&& other) noexcept;
  RawClient& operator=(RawClient&&) = delete;

  bool send(std::string_view bytes);  // false once the server has closed
  // One response with its Content-Length's body; what follows stays for the next call. With
  // `bodiless` only the head. Whatever came, if the connection ends first.
  std::string response(bool bodiless = false);
  std::string until_closed();
  // Whether the server ends the connection within `wait`; waits no longer than for that.
  bool closed_within(std::chrono::milliseconds wait);
  void disconnect();
  int descriptor() const { return fd_; }

 private:
  bool receive();

  int fd_;
  std::string received_;
};

// Waits until `condition` holds; false if it does not within 30 s.
bool eventually(const std::function<bool()>& condition);

}  // namespace hitwatch::web
