#include "collectors/tap/packets/interface.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace hitwatch::packets {
namespace {

// The name must be shorter than IFNAMSIZ.
ifreq interface_request(const std::string& name) {
  ifreq request{};
  std::memcpy(static_cast<char*>(request.ifr_name), name.data(), name.size());
  return request;
}

std::optional<std::string> interface_name(int socket, int index) {
  ifreq request{};
  request.ifr_ifindex = index;
  if (::ioctl(socket, SIOCGIFNAME, &request) != 0) return std::nullopt;
  return static_cast<const char*>(request.ifr_name);
}

// Asked of the socket, since the calling thread may be in another namespace.
std::vector<std::string> interface_names(int socket) {
  constexpr int kHighestIndex = 4096;
  std::vector<std::string> names;
  for (int index = 1; index <= kHighestIndex; ++index) {
    if (auto name = interface_name(socket, index)) names.push_back(std::move(*name));
  }
  return names;
}

bool has_up_flag(int socket, ifreq request) {
  return ::ioctl(socket, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) != 0;
}

std::optional<LinkType> link_of(unsigned short type) {
  switch (type) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK:
      return LinkType::kEthernet;
    case ARPHRD_NONE:
    case ARPHRD_PPP:
    case ARPHRD_RAWIP:
    case ARPHRD_SIT:
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
      return LinkType::kIp;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::expected<Interface, std::string> find_interface(int socket, const std::string& name) {
  ifreq request{};
  const bool is_name = !name.empty() && name.size() < IFNAMSIZ && !name.contains('\0');
  if (is_name) request = interface_request(name);
  if (!is_name || ::ioctl(socket, SIOCGIFINDEX, &request) != 0) {
    return std::unexpected(fmt::format("there is no network interface \"{}\"; there are: {}", name,
                                       fmt::join(interface_names(socket), ", ")));
  }
  Interface found{.index = request.ifr_ifindex};
  if (::ioctl(socket, SIOCGIFHWADDR, &request) != 0) {
    return std::unexpected(fmt::format("the network interface {} says nothing of its kind: {}",
                                       name, std::strerror(errno)));
  }
  const unsigned short type = request.ifr_hwaddr.sa_family;
  const auto link = link_of(type);
  if (!link) {
    return std::unexpected(fmt::format(
        "the network interface {} is neither of Ethernet nor of IP but of a kind that is not read"
        " (ARPHRD {})",
        name, type));
  }
  if (!has_up_flag(socket, request)) {
    return std::unexpected(fmt::format("the network interface {} is down", name));
  }
  found.is_loopback = type == ARPHRD_LOOPBACK;
  found.link = *link;
  return found;
}

bool is_interface_up(int socket, int index) {
  const auto name = interface_name(socket, index);
  return name && has_up_flag(socket, interface_request(*name));
}

}  // namespace hitwatch::packets
