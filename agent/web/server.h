// The HTTP server: one thread, Boost.Beast inside, HTTP/1.1, plain or TLS.
//
// It knows nothing of what it serves: a Handler turns a Request into a Response. Slow, idle, huge
// and malformed clients are bounded here and cannot hold up others: 10 s for a request's head and
// body to arrive, 30 s for a response to be taken, 60 s of keep-alive idleness, 16 KiB of head,
// `max_body` of body, 512 connections. When these are used up, the one idle longest makes room for
// a new one, else the one slowest to send its request or take its response; while the handler works
// on all of them, the new one is refused. Past the sizes a client gets 431 or 413, past the times
// nothing, and is disconnected. Deadlines are looked at once a second.
//
// The server itself answers 400 (malformed), 401 and 503 (basic authentication), and gzips bodies
// above 1 KiB for clients that accept it, unless the response brings a Content-Encoding.
//
// Where the web configuration has basic_auth_users, the handler sees only requests of these users,
// and those that `Options::admits` lets in for a reason of its own, such as a token.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/yaml/fault.h"

namespace hitwatch::web {

struct Header {
  std::string name;
  std::string value;
};

struct Request {
  std::string method;           // as sent: methods are case-sensitive
  std::string path;             // percent-decoded, without the query
  std::vector<Header> query;    // percent-decoded parameters, in order
  std::vector<Header> headers;  // names as sent
  std::string body;
  std::string client;  // "127.0.0.1:50514"
  bool from_loopback = false;
  bool tls = false;
  std::string user;  // of basic_auth_users, who gave the password; "" if nobody had to

  // The first header of that name (in any case), or "".
  std::string_view header(std::string_view name) const;
  // The header of that name if there is one only, else "".
  std::string_view sole_header(std::string_view name) const;
  // The first query parameter of that name, or nullptr.
  const std::string* parameter(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
  std::vector<Header> headers = {};  // further ones
};

// Takes the response, once, from any thread; further calls do nothing, nor does a call after the
// client or the server has gone. Dropping it unused answers 500.
using Reply = std::function<void(Response)>;
// Called on the server's thread; must not block. May call `reply` at once or later. A handler that
// throws answers 500. A HEAD request is answered like a GET: the server leaves out the body.
using Handler = std::function<void(const Request&, Reply)>;

struct Options {
  std::string listen_address = "";   // host:port, [v6]:port or :port; port 0 picks a free one
  std::string web_config_file = "";  // "" for none; read again when it or a file it names changes
  std::size_t max_body = 1U << 20;
  // Asked of a request without its body, which is or may become larger than `max_body`: how large
  // it may be. As `admits`, and before it. None: nobody may send more.
  std::function<std::size_t(const Request&)> max_body_of = {};
  // Asked of each request before basic authentication; true lets it pass without, as nobody's.
  // Called on the server's thread; must neither block nor throw. None: everybody needs a password.
  std::function<bool(const Request&)> admits = {};
  // Hears what nobody else would be told of: a web configuration that was read anew, or could not
  // be (the former one stays in force), a handler that threw. Called on the server's thread.
  std::function<void(std::string)> log = {};
  std::size_t max_connections = 512;
  std::chrono::milliseconds read_timeout{10'000};     // of a whole request, or a TLS handshake
  std::chrono::milliseconds write_timeout{30'000};    // of a whole response
  std::chrono::milliseconds idle_timeout{60'000};     // between two requests
  std::chrono::milliseconds web_config_check{1'000};  // files are looked at no more often
};

// What has happened so far; for the daemon's own metrics.
struct Counters {
  std::uint64_t requests = 0;
  std::uint64_t connections_open = 0;
  std::uint64_t connections_dropped = 0;  // by a limit or a timeout
  std::uint64_t password_checks = 0;  // bcrypt runs: basic authentication not answered from memory
};

class Server {
 public:
  // Binds the address and starts the thread. Fails with a sentence that names the address or the
  // file at fault.
  static std::expected<std::unique_ptr<Server>, std::string> start(Options options,
                                                                   Handler handler);
  // Stops accepting, ends every connection and joins the thread. Not to be called on that thread.
  // Waits for a password check under way (at most some seconds, by the cost of its hash).
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  Counters counters() const;
  // Runs `work` on the server's thread.
  void post(std::function<void()> work);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Checks a web configuration file as `start` would (Prometheus' exporter-toolkit format:
// tls_server_config, http_server_config, basic_auth_users). All faults of the file, or the first of
// the files that it names.
std::expected<void, std::vector<yaml::Fault>> check_web_config(const std::string& path);

}  // namespace hitwatch::web
