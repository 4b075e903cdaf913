#include "agent/net/password_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "agent/net/small_file.h"

namespace hitwatch::net {
namespace {

std::unexpected<std::string> wrong_entry(std::size_t number, std::string_view what) {
  return std::unexpected(fmt::format(": entry {}, in the order of their names: {}", number, what));
}

}  // namespace

// What the file last held, and what is wrong with it now.
class PasswordMap::Content {
 public:
  struct Entry {
    std::optional<bool> tls;  // nothing: with and without
    std::string username;
    std::string password;

    // How badly it fits, 0 being perfect; nothing if it does not.
    std::optional<int> misfit(const RedisUrl& url, std::string_view wanted_user,
                              bool any_user) const;
  };
  using Entries = std::unordered_map<std::string, std::vector<Entry>>;  // by address

  using Clock = std::chrono::steady_clock;

  explicit Content(std::chrono::milliseconds patience) : patience_(patience) {}

  // Returns with the mutex held.
  std::unique_lock<std::mutex> look(const std::string& path) {
    std::unique_lock lock(mutex_);
    std::string state = file_state(path);
    if (!state.empty() && state == state_) return lock;
    state_ = std::move(state);
    if (fault_.empty()) bad_since_ = Clock::now();
    fault_.clear();
    const auto text = read_small_file(path, kMaxBytes);
    auto entries = text ? parse(*text) : std::unexpected(": " + text.error());
    if (entries) {
      entries_ = *std::move(entries);
    } else {
      fault_ =
          fmt::format("password map {}{}; put it right, it is read again at the next connection",
                      path, entries.error());
    }
    return lock;
  }

  std::expected<void, Error> fault() const {
    if (fault_.empty()) return {};
    return std::unexpected(Error{Reason::kSecret, fault_});
  }
  // The same, once whoever writes the file has had time to.
  std::expected<void, Error> lasting_fault() const {
    if (Clock::now() - bad_since_ < patience_) return {};
    return fault();
  }
  const Entries& entries() const { return entries_; }

 private:
  // Errors complete "password map FILE" and repeat nothing of the text: keys, too, may hold
  // secrets.
  static std::expected<Entries, std::string> parse(const std::string& text);

  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  Clock::time_point bad_since_;  // since when it has not been good; means nothing while it is
  std::string state_;
  Entries entries_;
  std::string fault_;
};

std::expected<PasswordMap::Content::Entries, std::string> PasswordMap::Content::parse(
    const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) {
    return std::unexpected(
        " is not a JSON object of passwords by server, like {\"redis://host:6379\": \"…\"}");
  }
  Entries entries;
  std::size_t number = 0;
  for (const auto& [server, password] : json.items()) {
    ++number;
    auto url = parse_redis_url(server);
    if (!url) return wrong_entry(number, url.error());
    if (!password.is_string()) return wrong_entry(number, "the password is not a string");
    Entry entry;
    const bool has_scheme = !server.starts_with('/') && server.contains("://");
    if (has_scheme && !url->is_unix()) entry.tls = url->tls;
    entry.username = std::move(url->username);
    entry.password = password.get<std::string>();
    entries[url->address()].push_back(std::move(entry));
  }
  return entries;
}

std::optional<int> PasswordMap::Content::Entry::misfit(const RedisUrl& url,
                                                       std::string_view wanted_user,
                                                       bool any_user) const {
  if (tls && *tls != url.tls) return std::nullopt;
  const int of_scheme = tls ? 0 : 1;
  if (username == wanted_user) return of_scheme;
  if (username.empty()) return 2 + of_scheme;
  return any_user ? std::optional(4 + of_scheme) : std::nullopt;
}

PasswordMap::PasswordMap(std::string path, std::chrono::milliseconds patience)
    : path_(std::move(path)), content_(std::make_shared<Content>(patience)) {}

std::expected<void, Error> PasswordMap::check() const {
  const auto lock = content_->look(path_);
  return content_->fault();
}

std::expected<std::optional<PasswordMap::Login>, Error> PasswordMap::find(const RedisUrl& url,
                                                                          std::string_view username,
                                                                          bool any_user) const {
  const auto lock = content_->look(path_);
  const auto server = content_->entries().find(url.address());
  if (server == content_->entries().end()) return std::nullopt;
  const Content::Entry* best = nullptr;
  int best_misfit = 0;
  for (const Content::Entry& entry : server->second) {
    const auto fit = entry.misfit(url, username, any_user);
    if (!fit || (best != nullptr && *fit >= best_misfit)) continue;
    best = &entry;
    best_misfit = *fit;
  }
  if (best == nullptr) return std::nullopt;
  if (const auto ok = content_->lasting_fault(); !ok) return std::unexpected(ok.error());
  return Login{best->username.empty() ? std::string(username) : best->username, best->password};
}

std::vector<std::string> PasswordMap::servers() const {
  const auto lock = content_->look(path_);
  std::vector<std::string> servers;
  for (const auto& [address, entries] : content_->entries()) {
    for (const Content::Entry& entry : entries) {
      if (!entry.tls) {
        servers.push_back(address);
      } else {
        servers.push_back(fmt::format("{}://{}", *entry.tls ? "rediss" : "redis", address));
      }
    }
  }
  std::ranges::sort(servers);
  const auto [first, last] = std::ranges::unique(servers);
  servers.erase(first, last);
  return servers;
}

}  // namespace hitwatch::net
