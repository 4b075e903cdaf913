#include "collectors/tap/packets/network_namespace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <thread>

namespace hitwatch::packets {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

NamespaceId id_of(const struct stat& file) { return {.device = file.st_dev, .inode = file.st_ino}; }

class NamespaceFile {
 public:
  explicit NamespaceFile(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~NamespaceFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  NamespaceFile(const NamespaceFile&) = delete;
  NamespaceFile& operator=(const NamespaceFile&) = delete;

  int descriptor() const { return descriptor_; }
  // Entering the own namespace would need a capability, too.
  bool is_own() const {
    struct stat own{};
    return ::stat("/proc/thread-self/ns/net", &own) == 0 && id_of(own) == id();
  }
  NamespaceId id() const {
    struct stat that{};
    return ::fstat(descriptor_, &that) == 0 ? id_of(that) : NamespaceId{};
  }

 private:
  int descriptor_;
};

std::string entering_failure(const std::string& path, int error) {
  switch (error) {
    case ENOENT:
      return fmt::format("there is no network namespace {}", path);
    case EACCES:
      return fmt::format(
          "the network namespace {} may not be looked at: a process of another user's takes"
          " CAP_SYS_PTRACE, a path takes the right to read it; or run as root",
          path);
    case EPERM:
      return fmt::format(
          "entering the network namespace {} needs CAP_SYS_ADMIN:"
          " `setcap cap_net_raw,cap_sys_admin+ep` on the program,"
          " AmbientCapabilities=CAP_NET_RAW CAP_SYS_ADMIN in its systemd unit, or to be run as"
          " root",
          path);
    case EINVAL:
      return fmt::format("{} is no network namespace", path);
    default:
      return fmt::format("cannot enter the network namespace {}: {}", path, std::strerror(error));
  }
}

}  // namespace

std::string namespace_file(std::string_view name) {
  if (name.contains('/')) return std::string(name);
  if (is_number(name)) return fmt::format("/proc/{}/ns/net", name);
  return fmt::format("/run/netns/{}", name);
}

std::expected<NamespaceId, int> id_of_namespace(std::string_view name) {
  struct stat file{};
  if (::stat(namespace_file(name).c_str(), &file) != 0) return std::unexpected(errno);
  return id_of(file);
}

std::expected<NamespaceId, std::string> in_network_namespace(std::string_view name,
                                                             const std::function<void()>& work) {
  if (name.empty()) {
    work();
    return NamespaceId{};
  }
  const std::string path = namespace_file(name);
  const NamespaceFile file(path);
  if (file.descriptor() < 0) return std::unexpected(entering_failure(path, errno));
  const bool is_own = file.is_own();
  int error = 0;
  std::exception_ptr thrown;
  // Only this thread is in that namespace.
  std::thread([&] {
    if (!is_own && ::setns(file.descriptor(), CLONE_NEWNET) != 0) {
      error = errno;
      return;
    }
    try {
      work();
    } catch (...) {
      thrown = std::current_exception();
    }
  }).join();
  if (thrown) std::rethrow_exception(thrown);
  if (error != 0) return std::unexpected(entering_failure(path, error));
  return file.id();
}

}  // namespace hitwatch::packets
