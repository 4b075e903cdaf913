#include "tests/bench/remote_write.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace hitwatch::bench {
namespace {

constexpr char kBytes = 2;  // wire types of protobuf: a length and so many bytes
constexpr char kFixed64 = 1;
constexpr char kVarint = 0;

constexpr char tag(int field, char wire_type) { return static_cast<char>(field << 3 | wire_type); }

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) out += static_cast<char>(value | 0x80U);
  out += static_cast<char>(value);
}

void put_bytes(std::string& out, int field, std::string_view bytes) {
  out += tag(field, kBytes);
  put_varint(out, bytes.size());
  out += bytes;
}

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

void WriteRequest::begin_series(const metrics::Labels& labels) {
  series_.clear();
  std::string pair;
  for (const metrics::Label& label : labels) {
    pair.clear();
    put_bytes(pair, 1, label.name);
    put_bytes(pair, 2, label.value);
    put_bytes(series_, 1, pair);
  }
}

void WriteRequest::sample(std::int64_t time, double value) {
  // 9 bytes of value, 1 and the varint of the time, which is below 2^42 until the year 2109.
  std::array<char, 16> bytes;  // NOLINT: filled below
  bytes[0] = tag(1, kFixed64);
  const auto bits = std::bit_cast<std::uint64_t>(value);
  std::memcpy(bytes.data() + 1, &bits, sizeof bits);
  bytes[9] = tag(2, kVarint);
  auto rest = static_cast<std::uint64_t>(time);
  for (std::size_t i = 10; i < bytes.size(); ++i, rest >>= 7U) {
    bytes[i] = static_cast<char>((rest & 0x7fU) | (i + 1 < bytes.size() ? 0x80U : 0U));
  }
  series_ += tag(2, kBytes);
  series_ += static_cast<char>(bytes.size());
  series_.append(bytes.data(), bytes.size());
}

void WriteRequest::end_series() { put_bytes(body_, 1, series_); }

std::string WriteRequest::packed() const {
  constexpr std::size_t kChunk = 65'536;
  constexpr auto kLiteralOfTwoBytes = static_cast<char>(61U << 2U);
  std::string packed;
  packed.reserve(body_.size() + body_.size() / 1024 + 16);
  put_varint(packed, body_.size());
  for (std::size_t at = 0; at < body_.size(); at += kChunk) {
    const std::string_view chunk = std::string_view(body_).substr(at, kChunk);
    packed += kLiteralOfTwoBytes;
    packed += static_cast<char>((chunk.size() - 1) & 0xffU);
    packed += static_cast<char>((chunk.size() - 1) >> 8U);
    packed += chunk;
  }
  return packed;
}

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
