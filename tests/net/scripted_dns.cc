#include "tests/net/scripted_dns.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace hitwatch::net {
namespace {

void append_number(std::string& out, std::uint32_t number, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(number >> (8 * i) & 0xff);
}

// Where the question ends: after its name, type and class.
std::size_t question_end(const std::string& query) {
  std::size_t at = 12;
  while (at < query.size() && query[at] != 0) at += 1 + static_cast<unsigned char>(query[at]);
  return at + 5;
}

}  // namespace

std::string dns_name(const std::string& dotted) {
  std::string out;
  for (std::size_t begin = 0; begin < dotted.size();) {
    const std::size_t end = std::min(dotted.find('.', begin), dotted.size());
    out += static_cast<char>(end - begin);
    out += dotted.substr(begin, end - begin);
    begin = end + 1;
  }
  return out + '\0';
}

std::uint16_t dns_question_type(const std::string& question) {
  const std::size_t at = question_end(question) - 4;
  return static_cast<std::uint16_t>(static_cast<unsigned char>(question.at(at)) << 8 |
                                    static_cast<unsigned char>(question.at(at + 1)));
}

std::string dns_answer(const std::string& question, const std::vector<DnsRecord>& records,
                       int code) {
  std::string out = question.substr(0, 2);
  append_number(out, 0x8180U | static_cast<unsigned>(code), 2);  // an answer, recursion
  append_number(out, 1, 2);
  append_number(out, static_cast<std::uint32_t>(records.size()), 2);
  append_number(out, 0, 4);
  out += question.substr(12, question_end(question) - 12);
  for (const DnsRecord& record : records) {
    append_number(out, 0xc00c, 2);  // the name that was asked for
    append_number(out, record.type, 2);
    append_number(out, 1, 2);
    append_number(out, record.ttl, 4);
    append_number(out, static_cast<std::uint32_t>(record.data.size()), 2);
    out += record.data;
  }
  return out;
}

ScriptedDns::ScriptedDns(Script script)
    : script_(std::move(script)), socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  address_.sin_family = AF_INET;
  address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address_);
  auto* address = reinterpret_cast<sockaddr*>(&address_);
  if (socket_ < 0 || bind(socket_, address, size) != 0 ||
      getsockname(socket_, address, &size) != 0) {
    throw std::runtime_error("no socket for the name server");
  }
  thread_ = std::thread([this] { serve(); });
}

ScriptedDns::~ScriptedDns() {
  stopping_ = true;
  // A datagram of our own ends the wait.
  sendto(socket_, "", 0, 0, reinterpret_cast<const sockaddr*>(&address_), sizeof(address_));
  thread_.join();
  close(socket_);
}

void ScriptedDns::serve() {
  std::array<char, 4096> buffer;
  while (!stopping_) {
    sockaddr_in from{};
    socklen_t size = sizeof(from);
    auto* address = reinterpret_cast<sockaddr*>(&from);
    const ssize_t got = recvfrom(socket_, buffer.data(), buffer.size(), 0, address, &size);
    if (got < 17) continue;
    ++questions_;
    const std::string answer = script_(std::string(buffer.data(), static_cast<std::size_t>(got)));
    if (!answer.empty()) sendto(socket_, answer.data(), answer.size(), 0, address, size);
  }
}

}  // namespace hitwatch::net
