#include "lookup_report.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>

namespace hitwatch::demo {
namespace {

constexpr std::size_t kDatagram = 1400;  // bytes that pass an Ethernet in one piece

std::string_view name_of(Result result) {
  switch (result) {
    case Result::kHit:
      return "cache.hit";
    case Result::kMiss:
      return "cache.miss";
    case Result::kError:
      break;
  }
  return "cache.error";
}

}  // namespace

LookupReport::LookupReport(std::optional<int> port) {
  if (!port) return;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<in_port_t>(*port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  (void)connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

LookupReport::~LookupReport() {
  if (socket_ >= 0) close(socket_);
}

void LookupReport::add(std::string_view tenant, std::string_view type, Result result,
                       std::chrono::duration<double, std::milli> latency) {
  if (socket_ < 0) return;
  std::string tags = "|#type:" + std::string(type) + ",operation:get";
  if (!tenant.empty()) tags += ",tenant:" + std::string(tenant);
  std::string lines = std::string(name_of(result)) + ":1|c" + tags;
  if (result != Result::kError) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", latency.count());
    lines += std::string("\ncache.latency:") + text + "|ms" + tags;
  }
  if (!lines_.empty() && lines_.size() + 1 + lines.size() > kDatagram) send();
  if (!lines_.empty()) lines_ += '\n';
  lines_ += lines;
}

void LookupReport::send() {
  if (!lines_.empty()) (void)::send(socket_, lines_.data(), lines_.size(), 0);
  lines_.clear();
}

}  // namespace hitwatch::demo
