// A server on 127.0.0.1 that does exactly what a script says, for answers that no real one gives.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace hitwatch::net {

// One client's connection, as a script sees it. Reads give up after 30 s.
class PeerConnection {
 public:
  PeerConnection(int descriptor, SSL_CTX* tls);
  ~PeerConnection();
  PeerConnection(const PeerConnection&) = delete;
  PeerConnection& operator=(const PeerConnection&) = delete;

  // Whether the client agreed to TLS; true without.
  bool is_open() const { return open_; }
  // What comes up to and with `end`, or all up to the client's end.
  std::string read_until(std::string_view end);
  // So many bytes, or fewer up to the client's end.
  std::string read(std::size_t size);
  // False once the client has gone.
  bool write(std::string_view bytes);
  // Waits for the client to go.
  void wait_for_end();
  // Ends the connection with a reset, once the script has returned.
  void reset();
  // The name that the client sent as SNI.
  std::string server_name() const;

 private:
  long read_some(char* to, std::size_t room);

  int descriptor_;
  SSL* tls_ = nullptr;
  bool open_ = true;
};

class ScriptedPeer {
 public:
  using Script = std::function<void(PeerConnection&)>;

  // Runs `script` for one connection after the other. With `tls`, after the handshake. `port`:
  // where to listen; 0: where there is room.
  explicit ScriptedPeer(Script script, std::shared_ptr<SSL_CTX> tls = nullptr,
                        std::uint16_t port = 0);
  // Ends the connection that a script still has.
  ~ScriptedPeer();
  ScriptedPeer(const ScriptedPeer&) = delete;
  ScriptedPeer& operator=(const ScriptedPeer&) = delete;

  std::uint16_t port() const { return port_; }
  // How many clients have come.
  int connections() const { return connections_; }

 private:
  void serve();
  bool take(int descriptor);

  Script script_;
  std::shared_ptr<SSL_CTX> tls_;
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  bool stopping_ = false;
  int current_ = -1;  // the connection's descriptor
  std::thread thread_;
};

// Reads a request's head, then sends `answer` and closes.
ScriptedPeer::Script answers(std::string answer);

}  // namespace hitwatch::net
