// How a connection introduces itself: AUTH with the credentials of a target.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/net/error.h"
#include "collectors/redis/target.h"

namespace hitwatch::redis {

// The AUTH command of a target with its password read now; empty for a target without credentials.
// Fails as net::read_secret and net::PasswordMap::find do.
std::expected<std::vector<std::string>, net::Error> auth_command(const Target& target);

// An error reply to that command as an error of ours, without the password that the command held. A
// short one is hidden only where it is a word of its own: it may be part of any text.
net::Error auth_error(std::string_view reply, std::span<const std::string> command);

}  // namespace hitwatch::redis
