// What the system tests are built from: real processes on free ports of the loopback, ended by pid.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace hitwatch::test {

// A folder that is removed with everything in it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string path(std::string_view name = "") const;
  // Writes a file and returns its path.
  std::string write(std::string_view name, std::string_view text) const;

 private:
  std::string path_;
};

// A TCP port of 127.0.0.1 that nobody listens on now.
int free_port();

// Tries until `condition` holds; false if it does not within `limit`.
bool eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds limit = std::chrono::seconds(20));

// A child process. Its standard output and error go to a file. Ended when destroyed: SIGTERM, then
// SIGKILL after five seconds.
class Process {
 public:
  using Environment = std::map<std::string, std::string>;

  // `arguments[0]` is the program, looked up in PATH. Variables are added to the environment.
  explicit Process(std::vector<std::string> arguments, const Environment& environment = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  // The exit code, or 128 + the signal's number.
  int wait();
  bool running();
  // What it has printed so far.
  std::string output() const;

 private:
  TempDir dir_;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

// Runs a program to its end.
struct Finished {
  int code;
  std::string output;
};
Finished run_to_end(std::vector<std::string> arguments, const Process::Environment& variables = {});

// A real redis-server on a free port, without persistence, ready when constructed.
class RedisServer {
 public:
  // Further lines of its configuration, as arguments: {"--requirepass", "x"}. `port` 0 picks one.
  // With `tls`, only a TLS port is opened.
  explicit RedisServer(std::vector<std::string> arguments = {}, int port = 0);
  ~RedisServer();

  int port() const { return port_; }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  pid_t pid() const { return process_->pid(); }
  Process& process() { return *process_; }
  // Sends a command over a connection of its own; the reply as redis-cli would print it, without
  // quotes. Arrays are lines.
  std::string command(const std::vector<std::string>& arguments) const;
  void kill();     // SIGKILL, waits until it is gone
  void restart();  // on the same port
  const TempDir& dir() const { return dir_; }

 private:
  void start();

  std::vector<std::string> arguments_;
  int port_;
  TempDir dir_;
  std::unique_ptr<Process> process_;
};

// A server that answers each connection with fixed bytes, for what no real server can be made to
// say. `script` gets the connected socket; the socket is closed when it returns. Connections are
// served one after another.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::function<void(int socket)> script);
  ~ScriptedServer();

  int port() const { return port_; }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }

 private:
  void serve();

  std::function<void(int)> script_;
  int listener_ = -1;
  int port_ = 0;
  int stop_pipe_[2] = {-1, -1};
  std::thread thread_;
};

// Reads what is there within a second, at least one byte; "" at the end of the stream.
std::string receive(int socket);
void send_all(int socket, std::string_view bytes);
// A RESP bulk string.
std::string bulk(std::string_view text);

struct HttpResponse {
  int status = 0;  // 0: no answer
  std::string body;
  std::map<std::string, std::string> headers;  // names in lower case
};

// The built daemon on a free port.
class Hitwatch {
 public:
  // `arguments` follow the program's name; the listen address is added for `run` and `exporter`.
  // Waits until it listens.
  explicit Hitwatch(std::vector<std::string> arguments,
                    const Process::Environment& environment = {});

  int port() const { return port_; }
  Process& process() { return *process_; }
  HttpResponse get(const std::string& path,
                   const std::map<std::string, std::string>& headers = {}) const;
  HttpResponse post(const std::string& path) const;
  std::string metrics() const { return get("/metrics").body; }
  // Waits until /metrics has a line that starts with `line`; false after `limit`.
  bool shows(const std::string& line,
             std::chrono::milliseconds limit = std::chrono::seconds(20)) const;

 private:
  int port_;
  std::unique_ptr<Process> process_;
};

// The path of the built daemon.
std::string hitwatch_binary();

// How often `words` stand in `text`.
int occurrences(const std::string& text, const std::string& words);

// The value of the sample whose line starts with `series` and a blank.
std::optional<double> sample(const std::string& exposition, const std::string& series);

}  // namespace hitwatch::test
