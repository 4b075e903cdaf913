#include "tests/bench/prometheus.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <csignal>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

namespace hitwatch::bench {
namespace {

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char letter : text) {
    if (std::isalnum(static_cast<unsigned char>(letter)) != 0) {
      encoded += letter;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(letter));
    }
  }
  return encoded;
}

constexpr std::string_view kConfig = "global: {evaluation_interval: 15s}\n";

}  // namespace

Prometheus::Prometheus() : port_(test::free_port()) {
  const std::string config = dir_.write("prometheus.yml", kConfig);
  process_ = std::make_unique<test::Process>(std::vector<std::string>{
      "prometheus", "--config.file=" + config, "--storage.tsdb.path=" + dir_.path("data"),
      "--web.listen-address=127.0.0.1:" + std::to_string(port_),
      "--web.enable-remote-write-receiver", "--log.level=warn"});
  const bool ready = test::eventually([this] {
    try {
      return get("/-/ready").contains("Ready");
    } catch (const std::exception&) {
      return !process_->running();
    }
  });
  if (!ready || !process_->running()) throw std::runtime_error(process_->output());
}

void Prometheus::load_rules(const std::string& pattern) {
  dir_.write("prometheus.yml", fmt::format("{}rule_files: ['{}']\n", kConfig, pattern));
  process_->signal(SIGHUP);
}

// HTTP/1.0: the answer ends with the connection.
std::string Prometheus::request(const std::string& head, std::string_view body) {
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bool sent = connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  for (std::string_view part : {std::string_view(head), body}) {
    while (sent && !part.empty()) {
      const ssize_t count = send(connection, part.data(), part.size(), MSG_NOSIGNAL);
      sent = count > 0;
      if (sent) part.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  std::string answer;
  std::array<char, 16384> buffer;  // NOLINT: filled by recv
  for (ssize_t count = 1; sent && count > 0;) {
    count = recv(connection, buffer.data(), buffer.size(), 0);
    if (count > 0) answer.append(buffer.data(), static_cast<std::size_t>(count));
  }
  close(connection);
  if (answer.find(" 20") != std::string_view("HTTP/1.0").size()) {
    throw std::runtime_error("prometheus: " + answer.substr(0, 500) + process_->output());
  }
  return answer;
}

std::string Prometheus::get(const std::string& path) {
  const std::string answer = request("GET " + path + " HTTP/1.0\r\n\r\n", "");
  const std::size_t body = answer.find("\r\n\r\n");
  return body == std::string::npos ? "" : answer.substr(body + 4);
}

void Prometheus::write(const WriteRequest& written) {
  const std::string body = written.packed();
  request(fmt::format("POST /api/v1/write HTTP/1.0\r\nContent-Type: application/x-protobuf\r\n"
                      "Content-Encoding: snappy\r\nX-Prometheus-Remote-Write-Version: 0.1.0\r\n"
                      "Content-Length: {}\r\n\r\n",
                      body.size()),
          body);
}

std::map<std::string, double> Prometheus::query(const std::string& expr, const std::string& label) {
  const auto answer = nlohmann::json::parse(get("/api/v1/query?query=" + percent_encoded(expr)));
  std::map<std::string, double> values;
  for (const auto& element : answer.at("data").at("result")) {
    const auto& labels = element.at("metric");
    const std::string key = labels.contains(label) ? labels.at(label).get<std::string>() : "";
    values[key] = std::strtod(element.at("value").at(1).get<std::string>().c_str(), nullptr);
  }
  return values;
}

std::map<std::string, double> Prometheus::group_seconds() {
  constexpr std::string_view kName = "prometheus_rule_group_last_duration_seconds{";
  const std::string text = get("/metrics");
  std::map<std::string, double> seconds;
  for (std::size_t at = 0; (at = text.find(kName, at)) != std::string::npos; ++at) {
    const std::string line = text.substr(at, text.find('\n', at) - at);
    seconds[line.substr(line.find('"') + 1, line.rfind('"') - line.find('"') - 1)] =
        std::strtod(line.c_str() + line.rfind(' '), nullptr);
  }
  return seconds;
}

double Prometheus::own(const std::string& series) {
  return test::sample(get("/metrics"), series).value_or(0);
}

}  // namespace hitwatch::bench
