#include "collectors/redis/login.h"

#include <algorithm>
#include <utility>

#include "collectors/redis/reply.h"

namespace hitwatch::redis {
namespace {

// Some servers repeat the command they refuse; that of AUTH holds the password.
std::string without_arguments(std::string text, std::span<const std::string> command) {
  text.resize(std::min(text.size(), text.find(", with args")));
  for (std::size_t i = 1; i < command.size(); ++i) {
    const std::string& secret = command[i];
    if (secret.empty()) continue;
    for (auto at = text.find(secret); at != text.npos; at = text.find(secret, at + 3)) {
      text.replace(at, secret.size(), "***");
    }
  }
  return text;
}

}  // namespace

std::expected<std::vector<std::string>, net::Error> auth_command(const Target& target) {
  std::vector<std::string> command;
  if (target.password.empty() && target.username.empty()) return command;
  auto password = net::read_secret(target.password);
  if (!password) return std::unexpected(std::move(password.error()));
  command.emplace_back("AUTH");
  if (!target.username.empty()) command.push_back(target.username);
  command.push_back(*std::move(password));
  return command;
}

net::Error auth_error(std::string reply, std::span<const std::string> command) {
  const net::Reason reason = classify_error(reply);
  return {reason == net::Reason::kError ? net::Reason::kAuth : reason,
          without_arguments(std::move(reply), command)};
}

}  // namespace hitwatch::redis
