#include "agent/net/dns_ttl.h"

#include <arpa/nameser.h>
#include <resolv.h>

#include <algorithm>
#include <array>
#include <memory>

namespace hitwatch::net {
namespace {

using std::chrono::seconds;

constexpr int kSecondsEachTry = 1;

std::optional<seconds> ask(res_state state, const std::string& host, ns_type type) {
  std::array<std::uint8_t, 4096> answer;
  const int size = res_nsearch(state, host.c_str(), ns_c_in, type, answer.data(),
                               static_cast<int>(answer.size()));
  if (size <= 0) return std::nullopt;
  // A longer answer was cut: its length is told all the same.
  return shortest_ttl(std::span(answer).first(std::min<std::size_t>(size, answer.size())));
}

}  // namespace

std::optional<seconds> shortest_ttl(std::span<const std::uint8_t> message) {
  ns_msg parsed;
  if (ns_initparse(message.data(), static_cast<int>(message.size()), &parsed) != 0) return {};
  if (ns_msg_getflag(parsed, ns_f_qr) == 0 || ns_msg_getflag(parsed, ns_f_rcode) != ns_r_noerror) {
    return {};
  }
  std::optional<seconds> shortest;
  bool has_address = false;
  for (int i = 0; i < ns_msg_count(parsed, ns_s_an); ++i) {
    ns_rr record;
    if (ns_parserr(&parsed, ns_s_an, i, &record) != 0) break;
    const auto type = ns_rr_type(record);
    if (type != ns_t_a && type != ns_t_aaaa && type != ns_t_cname) continue;
    has_address = has_address || type != ns_t_cname;
    const auto raw = static_cast<std::uint32_t>(ns_rr_ttl(record));
    const seconds ttl(raw > 0x7fffffffU ? 0 : raw);
    shortest = std::min(shortest.value_or(ttl), ttl);
  }
  return has_address ? shortest : std::nullopt;
}

std::optional<seconds> ask_ttl(const std::string& host, const sockaddr_in* server) {
  struct __res_state state{};
  if (res_ninit(&state) != 0) return std::nullopt;
  const std::unique_ptr<struct __res_state, decltype(&res_nclose)> owner(&state, &res_nclose);
  state.retrans = kSecondsEachTry;
  state.retry = 1;
  if (server != nullptr) {
    state.nscount = 1;
    state.nsaddr_list[0] = *server;
  }
  if (const auto ttl = ask(&state, host, ns_t_a)) return ttl;
  return ask(&state, host, ns_t_aaaa);
}

}  // namespace hitwatch::net
