#include "tests/system/harness.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <httplib.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <stdexcept>

extern char** environ;

namespace hitwatch::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

// Where Linux begins to choose the ports of outgoing connections, which would take one that was
// found free before its server comes to it.
constexpr int kEphemeralPorts = 32768;
constexpr int kLeastPort = 10000;

// A socket bound to a port, 0 for any; -1 if it is taken.
int bound_to_loopback(int port) {
  const int bound = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bound >= 0 && bind(bound, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    return bound;
  }
  if (bound >= 0) close(bound);
  return -1;
}

int listen_on_loopback(int& port) {
  const int listener = bound_to_loopback(0);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (listener < 0 || listen(listener, 128) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    fail("listen");
  }
  port = ntohs(address.sin_port);
  return listener;
}

std::string text_of(const redisReply* reply) {
  switch (reply->type) {
    case REDIS_REPLY_INTEGER:
      return std::to_string(reply->integer);
    case REDIS_REPLY_ARRAY: {
      std::string text;
      for (std::size_t i = 0; i < reply->elements; ++i) {
        if (i > 0) text += '\n';
        text += text_of(reply->element[i]);
      }
      return text;
    }
    case REDIS_REPLY_NIL:
      return "";
    default:
      return {reply->str, reply->len};
  }
}

}  // namespace

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "hitwatch-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) fail("mkdtemp");
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::path(std::string_view name) const {
  return name.empty() ? path_ : path_ + "/" + std::string(name);
}

std::string TempDir::write(std::string_view name, std::string_view text) const {
  std::string file = path(name);
  std::ofstream(file, std::ios::binary) << text;
  return file;
}

int free_port() {
  std::random_device random;
  for (int tries = 0; tries < 1000; ++tries) {
    const int port = kLeastPort + static_cast<int>(random() % (kEphemeralPorts - kLeastPort));
    const int listener = bound_to_loopback(port);
    if (listener < 0) continue;
    close(listener);
    return port;
  }
  throw std::runtime_error("no port of the loopback is free");
}

bool eventually(const std::function<bool()>& condition, milliseconds limit) {
  const auto end = steady_clock::now() + limit;
  while (!condition()) {
    if (steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return true;
}

Process::Process(std::vector<std::string> arguments, const Environment& environment) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (!environment.contains(text.substr(0, text.find('=')))) variables.push_back(text);
  }
  std::vector<char*> envp;
  for (std::string& variable : variables) envp.push_back(variable.data());
  envp.push_back(nullptr);
  const std::string output_file = dir_.path("output");
  const int output = open(output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

  pid_ = fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) {
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execvpe(argv[0], argv.data(), envp.data());
    _exit(127);
  }
  close(output);
}

Process::~Process() {
  if (!running()) return;
  // A stopped process would not hear SIGTERM.
  signal(SIGCONT);
  signal(SIGTERM);
  if (!eventually([this] { return !running(); }, std::chrono::seconds(5))) {
    signal(SIGKILL);
    wait();
  }
}

void Process::signal(int number) const {
  if (!status_) ::kill(pid_, number);
}

bool Process::running() {
  if (status_) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  status_ = status;
  return false;
}

int Process::wait() {
  if (!status_) {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    status_ = status;
  }
  return WIFEXITED(*status_) ? WEXITSTATUS(*status_) : 128 + WTERMSIG(*status_);
}

std::string Process::output() const {
  std::ifstream file(dir_.path("output"), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Finished run_to_end(std::vector<std::string> arguments, const Process::Environment& variables) {
  Process process(std::move(arguments), variables);
  const int code = process.wait();
  return {code, process.output()};
}

RedisServer::RedisServer(std::vector<std::string> arguments, int port)
    : arguments_(std::move(arguments)), port_(port == 0 ? free_port() : port) {
  start();
}

RedisServer::~RedisServer() = default;

void RedisServer::start() {
  std::vector<std::string> command{"redis-server", "--save", "",         "--dir",
                                   dir_.path(),    "--bind", "127.0.0.1"};
  const bool own_port = std::ranges::find(arguments_, "--port") != arguments_.end();
  if (!own_port) {
    command.emplace_back("--port");
    command.push_back(std::to_string(port_));
  }
  command.insert(command.end(), arguments_.begin(), arguments_.end());
  process_ = std::make_unique<Process>(command);
  const bool ready = eventually([this] {
    return process_->output().find("Ready to accept connections") != std::string::npos ||
           process_->output().find("Sentinel ID is") != std::string::npos || !process_->running();
  });
  if (!ready || !process_->running()) {
    throw std::runtime_error("redis-server did not start: " + process_->output());
  }
}

std::string RedisServer::command(const std::vector<std::string>& arguments) const {
  const std::unique_ptr<redisContext, decltype(&redisFree)> context(
      redisConnect("127.0.0.1", port_), &redisFree);
  if (context == nullptr || context->err != 0) return "";
  std::vector<const char*> argv;
  std::vector<std::size_t> lengths;
  for (const std::string& argument : arguments) {
    argv.push_back(argument.data());
    lengths.push_back(argument.size());
  }
  auto* reply = static_cast<redisReply*>(
      redisCommandArgv(context.get(), static_cast<int>(argv.size()), argv.data(), lengths.data()));
  if (reply == nullptr) return "";
  std::string text = text_of(reply);
  freeReplyObject(reply);
  return text;
}

void RedisServer::kill() {
  process_->signal(SIGKILL);
  process_->wait();
}

void RedisServer::restart() {
  process_.reset();
  start();
}

ScriptedServer::ScriptedServer(std::function<void(int)> script) : script_(std::move(script)) {
  listener_ = listen_on_loopback(port_);
  if (pipe2(stop_pipe_, O_CLOEXEC) != 0) fail("pipe");
  thread_ = std::thread([this] { serve(); });
}

ScriptedServer::~ScriptedServer() {
  close(stop_pipe_[1]);
  thread_.join();
  close(stop_pipe_[0]);
  close(listener_);
}

void ScriptedServer::serve() {
  while (true) {
    pollfd waiting[2] = {{listener_, POLLIN, 0}, {stop_pipe_[0], 0, 0}};
    poll(waiting, 2, -1);
    if (waiting[1].revents != 0) return;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    script_(client);
    close(client);
  }
}

std::string receive(int socket) {
  pollfd waiting{socket, POLLIN, 0};
  if (poll(&waiting, 1, 1000) <= 0) return "";
  char buffer[4096];
  const ssize_t got = recv(socket, buffer, sizeof buffer, 0);
  return got <= 0 ? "" : std::string(buffer, static_cast<std::size_t>(got));
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

std::string hitwatch_binary() { return HITWATCH_BINARY; }

Hitwatch::Hitwatch(std::vector<std::string> arguments, const Process::Environment& environment)
    : port_(free_port()) {
  arguments.insert(arguments.begin(), hitwatch_binary());
  arguments.push_back("--web.listen-address=127.0.0.1:" + std::to_string(port_));
  process_ = std::make_unique<Process>(arguments, environment);
  const bool listening =
      eventually([this] { return get("/-/healthy").status != 0 || !process_->running(); });
  if (!listening || !process_->running()) {
    throw std::runtime_error("hitwatch did not start: " + process_->output());
  }
}

HttpResponse Hitwatch::get(const std::string& path,
                           const std::map<std::string, std::string>& headers) const {
  httplib::Client client("127.0.0.1", port_);
  client.set_connection_timeout(5);
  client.set_read_timeout(20);
  client.set_decompress(false);
  httplib::Headers sent;
  for (const auto& [name, value] : headers) sent.emplace(name, value);
  const auto result = client.Get(path, sent);
  HttpResponse response;
  if (!result) return response;
  response.status = result->status;
  response.body = result->body;
  for (const auto& [name, value] : result->headers) {
    std::string lower = name;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    response.headers[lower] = value;
  }
  return response;
}

HttpResponse Hitwatch::post(const std::string& path) const {
  httplib::Client client("127.0.0.1", port_);
  client.set_read_timeout(20);
  const auto result = client.Post(path);
  if (!result) return {};
  return {result->status, result->body, {}};
}

bool Hitwatch::shows(const std::string& line, milliseconds limit) const {
  return eventually(
      [&] {
        const std::string text = metrics();
        return text.starts_with(line) || text.find("\n" + line) != std::string::npos;
      },
      limit);
}

int occurrences(const std::string& text, const std::string& words) {
  int found = 0;
  for (auto at = text.find(words); at != text.npos; at = text.find(words, at + 1)) ++found;
  return found;
}

std::optional<double> sample(const std::string& exposition, const std::string& series) {
  std::istringstream lines(exposition);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(series + " ")) {
      return std::strtod(line.c_str() + series.size() + 1, nullptr);
    }
  }
  return std::nullopt;
}

}  // namespace hitwatch::test
