// Addresses that sentinels and cluster nodes announce, and where they lead from here.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "agent/net/url.h"
#include "collectors/redis/target.h"
#include "collectors/topology/options.h"

namespace hitwatch::topology {

// The URL of an announced server. Nothing where `host` is neither a name nor an IP address (IPv6
// without brackets), or the port none from 1 to 65535: whoever announces it may be lying.
std::optional<net::RedisUrl> announced_url(std::string_view host, std::int64_t port, bool tls);

// A target with the URL where the map leads, or that itself. Where the two differ, the announced
// address is the alias: it stays the target's name.
redis::Target announced_target(const net::RedisUrl& announced, const AddressMap& map);

}  // namespace hitwatch::topology
