#include "agent/web/watched_config.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "agent/web/server_tls.h"

namespace hitwatch::web {
namespace {

std::string state_of(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return fmt::format("error {}", errno);
  return fmt::format("{}:{} {} {}.{:09} {}.{:09}", status.st_dev, status.st_ino, status.st_size,
                     status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec,
                     status.st_ctim.tv_nsec);
}

}  // namespace

std::expected<WatchedConfig, Faults> WatchedConfig::open(const std::string& path) {
  WatchedConfig watched;
  watched.path_ = path;
  if (path.empty()) {
    watched.active_ =
        std::make_shared<ActiveConfig>(ActiveConfig{nullptr, {}, std::make_shared<const Users>()});
    return watched;
  }
  if (auto loaded = watched.load(); !loaded) return std::unexpected(loaded.error());
  return watched;
}

WatchedConfig::Fingerprint WatchedConfig::look() const {
  Fingerprint states{state_of(path_)};
  for (const std::string& name : named_) states.push_back(state_of(name));
  return states;
}

// States are taken before the files are read: a change in between shows at the next look.
std::expected<void, Faults> WatchedConfig::load() {
  seen_ = look();
  auto config = load_web_config(path_);
  if (!config) return std::unexpected(config.error());
  const std::string own_state = seen_.front();
  named_ = config->files();
  seen_ = look();
  seen_.front() = own_state;

  auto active = std::make_shared<ActiveConfig>();
  if (config->tls) {
    auto context = make_server_context(*config->tls);
    if (!context) return std::unexpected(Faults{{path_, 0, 0, context.error()}});
    active->tls = std::move(*context);
  }
  active->headers = std::move(config->headers);
  active->users = std::make_shared<const Users>(std::move(config->users));
  active_ = std::move(active);
  return {};
}

std::expected<bool, Faults> WatchedConfig::refresh() {
  if (path_.empty() || look() == seen_) return false;
  if (auto loaded = load(); !loaded) return std::unexpected(loaded.error());
  return true;
}

std::expected<void, Faults> check_web_config(const std::string& path) {
  if (auto opened = WatchedConfig::open(path); !opened) return std::unexpected(opened.error());
  return {};
}

}  // namespace hitwatch::web
