// The addresses of this machine.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace hitwatch {

// Of all interfaces of the network namespace of the caller, as text without scope ("127.0.0.1",
// "fe80::1"); those of loopback are there in any case.
std::set<std::string> local_addresses();

// Whether a name or address (IPv6 without brackets) means this machine: "localhost", an address of
// 127.0.0.0/8, one of `local`.
bool means_this_machine(std::string_view host, const std::set<std::string>& local);

}  // namespace hitwatch
