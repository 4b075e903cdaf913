// How a connection introduces itself: AUTH with the credentials of a target.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "agent/net/error.h"
#include "collectors/redis/target.h"

namespace hitwatch::redis {

// The AUTH command of a target with its password read now; empty for a target without credentials.
// Fails as net::read_secret and net::PasswordMap::find do.
std::expected<std::vector<std::string>, net::Error> auth_command(const Target& target);

// An error reply to that command as an error of ours, without anything that the command held.
net::Error auth_error(std::string reply, std::span<const std::string> command);

}  // namespace hitwatch::redis
