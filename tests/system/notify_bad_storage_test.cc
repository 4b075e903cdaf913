// A file of notifications that cannot be used, and a disk that is full: said, counted, and alerts
// go out all the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/system/notify_daemon.h"

namespace hitwatch::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

class BadStorage : public NotifyingDaemon {
 protected:
  void SetUp() override { fs::create_directories(data()); }
  std::string file() const { return data() + "/notify.db"; }
  // A file as a daemon leaves it that had a message to tell.
  void make_file() {
    start_with(team(webhook("http://127.0.0.1:" + std::to_string(free_port()) + "/")));
    fire("Before");
    EXPECT_TRUE(eventually([&] { return list("pending").size() == 1; }));
    daemon_->process().signal(SIGTERM);
    EXPECT_EQ(daemon_->process().wait(), 0);
    ASSERT_TRUE(fs::exists(file()));
  }
  // Starts on what lies there. An alert is told, and is in a good file afterwards.
  void expect_new_file(const std::string& reason) {
    const SinkProcess sink({"--json"});
    start_with(team(webhook(sink.url())));
    fire("After");
    EXPECT_TRUE(eventually([&] { return alerts_told(sink).size() == 1; })) << log();
    EXPECT_THAT(alerts_told(sink), ElementsAre("After"));
    EXPECT_THAT(log(),
                AllOf(HasSubstr("the file of notifications cannot be used and was set aside"),
                      HasSubstr("notify.db.corrupt-"), HasSubstr(reason)));
    EXPECT_TRUE(daemon_->shows("hitwatch_notify_state_set_aside_total 1"));
    EXPECT_EQ(metric("hitwatch_notify_state_behind"), 0);
    start();  // what is a good file now
    EXPECT_THAT(log(), Not(HasSubstr("set aside")));
    EXPECT_THAT(daemon_->get("/api/v2/alerts").body, HasSubstr("After"));
    EXPECT_THAT(alerts_told(sink), ElementsAre("After")) << "told again";
  }
  // The file that was set aside, if one was.
  std::string set_aside() const {
    for (const fs::directory_entry& entry : fs::directory_iterator(data())) {
      const std::string name = entry.path().filename();
      if (name.starts_with("notify.db.corrupt-") && !name.ends_with("-wal") &&
          !name.ends_with("-shm")) {
        return entry.path();
      }
    }
    return "";
  }
};

TEST_F(BadStorage, RandomBytesAreSetAsideUntouched) {
  const std::string noise = "no database at all " + std::string(8192, '\x93');
  write_bytes(file(), noise);
  expect_new_file("not a database");
  ASSERT_FALSE(set_aside().empty());
  EXPECT_EQ(bytes_of(set_aside()), noise);
}

TEST_F(BadStorage, AFileThatWasCutIsSetAside) {
  make_file();
  const std::string bytes = bytes_of(file());
  ASSERT_GT(bytes.size(), 8192U);
  write_bytes(file(), bytes.substr(0, 6000));
  expect_new_file("malformed");
}

TEST_F(BadStorage, AFileOfANewerVersionIsSetAsideAndCalledSo) {
  make_file();
  std::string bytes = bytes_of(file());
  bytes[63] = 2;  // `user_version` is the four bytes from 60 on
  write_bytes(file(), bytes);
  expect_new_file("written by a newer hitwatch");
  ASSERT_FALSE(set_aside().empty());
  EXPECT_EQ(bytes_of(set_aside()), bytes);
}

TEST_F(BadStorage, AFileOfNoBytesIsANewOne) {
  write_bytes(file(), "");
  const SinkProcess sink({"--json"});
  start_with(team(webhook(sink.url())));
  fire("A");
  EXPECT_TRUE(eventually([&] { return alerts_told(sink).size() == 1; })) << log();
  EXPECT_EQ(metric("hitwatch_notify_state_set_aside_total"), 0);
  EXPECT_EQ(metric("hitwatch_notify_state_behind"), 0);
  EXPECT_GT(fs::file_size(file()), 0U);
}

TEST_F(BadStorage, AFolderInItsPlaceIsSaidAndAlertsGoOutFromMemory) {
  fs::create_directory(file());
  const SinkProcess sink({"--json"});
  start_with(team(webhook(sink.url())));
  EXPECT_TRUE(eventually([&] { return log().contains("notifications are kept in memory only"); }));
  EXPECT_THAT(log(), HasSubstr("notify.db"));
  fire("A");
  EXPECT_TRUE(eventually([&] { return alerts_told(sink).size() == 1; })) << log();
  EXPECT_TRUE(daemon_->shows("hitwatch_notify_state_behind 1"));
  EXPECT_EQ(occurrences(log(), "level=error"), occurrences(log(), "kept in memory only"))
      << "said once";
  // Once it is gone, what the memory has is written.
  fs::remove(file());
  EXPECT_TRUE(daemon_->shows("hitwatch_notify_state_behind 0")) << log();
  EXPECT_THAT(log(), HasSubstr("notifications are stored again"));
}

TEST_F(BadStorage, AFileThatIsDamagedWhileInUseIsReplacedFromMemory) {
  const SinkProcess sink({"--json"});
  start_with(team(webhook(sink.url())));
  fire("A");
  EXPECT_TRUE(eventually([&] { return alerts_told(sink).size() == 1; })) << log();
  for (const char* suffix : {"", "-wal"}) {
    if (!fs::exists(file() + suffix)) continue;
    std::fstream damaged(file() + suffix, std::ios::in | std::ios::out | std::ios::binary);
    damaged << std::string(fs::file_size(file() + suffix), '\x5a');
  }
  fire("B");
  EXPECT_TRUE(eventually([&] { return alerts_told(sink).size() == 2; })) << log();
  EXPECT_TRUE(daemon_->process().running());
}

// Whether the daemon can still write is up to the test: past a bound of the system on the size of
// files every write fails, as on a disk without room.
class FullDisk : public NotifyingDaemon {
 protected:
  void set_room(rlim_t bytes) const {
    rlimit limit{};
    ASSERT_EQ(::prlimit(daemon_->process().pid(), RLIMIT_FSIZE, nullptr, &limit), 0);
    limit.rlim_cur = std::min(bytes, limit.rlim_max);
    ASSERT_EQ(::prlimit(daemon_->process().pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
  }
  bool comes_to_show(const std::string& series, double value) const {
    return eventually([&] { return metric(series) == value; });
  }
};

TEST_F(FullDisk, IsSaidAlertsGoOutAndTheFileCatchesUp) {
  const SinkProcess sink({"--json"});
  fs::create_directories(data());
  start_with(team(webhook(sink.url())));
  fire("Before");
  EXPECT_TRUE(eventually([&] { return alerts_told(sink).size() == 1; })) << log();
  EXPECT_TRUE(comes_to_show("hitwatch_notify_state_behind", 0));
  // The file grows at the end of its log; what the daemon says goes to a file as well.
  const auto room = fs::file_size(data() + "/notify.db-wal");
  ASSERT_GT(room, log().size() + 4096);
  set_room(room);
  for (const char* name : {"A", "B", "C"}) fire(name);
  EXPECT_TRUE(eventually([&] { return alerts_told(sink).size() == 4; })) << log();
  EXPECT_TRUE(comes_to_show("hitwatch_notify_state_behind", 1));
  EXPECT_EQ(occurrences(log(), "notifications cannot be stored and go out from memory"), 1);
  set_room(RLIM_INFINITY);
  EXPECT_TRUE(comes_to_show("hitwatch_notify_state_behind", 0)) << log();
  EXPECT_THAT(log(), HasSubstr("notifications are stored again"));
  EXPECT_EQ(metric("hitwatch_notify_state_set_aside_total"), 0);
  start();  // what was told meanwhile is in the file
  for (const char* name : {"Before", "A", "B", "C"}) {
    EXPECT_THAT(daemon_->get("/api/v2/alerts").body, HasSubstr("\"" + std::string(name) + "\""));
  }
}

}  // namespace
}  // namespace hitwatch::test
