// kill -9 at any moment: the file has the last commit, or the one that was under way, and no part
// of either.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <new>
#include <random>

#include "agent/notify/durable_map.h"
#include "tests/notify/times.h"
#include "tests/web/temporary_folder.h"

namespace hitwatch::notify {
namespace {

constexpr int kKills = 50;
constexpr std::uint64_t kKeys = 40;

std::string key_of(std::uint64_t i) { return "key-" + std::to_string(i); }

// The n-th transaction: writes its number to some keys and "last", and erases another.
void step(DurableMap& map, std::uint64_t n) {
  std::mt19937_64 random(n);
  const std::uint64_t changes = 1 + random() % 8;
  for (std::uint64_t i = 0; i < changes; ++i) {
    map.put("kind", key_of(random() % kKeys),
            std::to_string(n) + std::string(random() % 3000, 'v'));
  }
  map.erase("kind", key_of(random() % kKeys));
  map.put("last", "last", std::to_string(n));
}

// Goes on from where the file is. `committed` is what it may rely on.
void write_until_killed(const std::string& file, std::atomic<std::uint64_t>& committed) {
  DurableMap map(file, {});
  if (!map.open(kNow)) ::_exit(2);
  const std::string* last = map.find("last", "last");
  std::uint64_t n = last == nullptr ? 0 : std::stoull(*last);
  if (n < committed) ::_exit(3);
  while (true) {
    step(map, ++n);
    if (!map.commit()) ::_exit(4);
    committed = n;
  }
}

TEST(DurableMapKill, TheFileHasWhatWasCommitted) {
  const web::TemporaryFolder folder;
  void* shared = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto& committed = *new (shared) std::atomic<std::uint64_t>(0);
  std::mt19937 random(7);
  for (int kill = 0; kill < kKills; ++kill) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_until_killed(folder.path("notify.db"), committed);
    // Some while they open the file, the others somewhere in a transaction after some more.
    const std::uint64_t until = committed + random() % 5;
    for (int waited = 0; committed < until && waited < 100'000; ++waited) ::usleep(100);
    ::usleep(random() % 4'000);
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "exit code " << WEXITSTATUS(status);
  }
  DurableMap map(folder.path("notify.db"), {});
  ASSERT_TRUE(map.open(kNow));
  ASSERT_NE(map.find("last", "last"), nullptr);
  const std::uint64_t last = std::stoull(*map.find("last", "last"));
  EXPECT_GE(last, committed);
  EXPECT_LE(last, committed + 1) << "one may have been committed and not said so";
  EXPECT_GT(last, 40U) << "children live long enough to write, however slow the machine is";

  const web::TemporaryFolder undisturbed;
  DurableMap expected(undisturbed.path("notify.db"), {});
  for (std::uint64_t n = 1; n <= last; ++n) step(expected, n);
  EXPECT_EQ(map.size("kind"), expected.size("kind"));
  expected.for_each("kind", [&](const std::string& key, const std::string& value) {
    const std::string* found = map.find("kind", key);
    ASSERT_NE(found, nullptr) << key;
    EXPECT_EQ(*found, value) << key;
  });
  ::munmap(shared, 4096);
}

}  // namespace
}  // namespace hitwatch::notify
