// A name server of a few lines: answers each question with what a function makes of it, on UDP of
// the loopback.
#pragma once

#include <netinet/in.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace hitwatch::net {

struct DnsRecord {
  std::uint16_t type;  // 1: A, 5: CNAME, 28: AAAA
  std::uint32_t ttl;
  std::string data;  // as on the wire
};

// A whole answer to `question`, a query as it came; with `code` 3 that there is no such name.
std::string dns_answer(const std::string& question, const std::vector<DnsRecord>& records,
                       int code = 0);
// The type that a query asks for.
std::uint16_t dns_question_type(const std::string& question);
// A name as on the wire.
std::string dns_name(const std::string& dotted);

class ScriptedDns {
 public:
  using Script = std::function<std::string(const std::string& question)>;  // "": no answer

  explicit ScriptedDns(Script script);
  ~ScriptedDns();
  ScriptedDns(const ScriptedDns&) = delete;
  ScriptedDns& operator=(const ScriptedDns&) = delete;

  const sockaddr_in& address() const { return address_; }
  int questions() const { return questions_; }

 private:
  void serve();

  Script script_;
  int socket_;
  sockaddr_in address_{};
  std::atomic<int> questions_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace hitwatch::net
