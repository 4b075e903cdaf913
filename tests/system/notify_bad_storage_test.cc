// A file of notifications that cannot be used, and a disk that is full: said, counted, and alerts
// go out all the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

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

// The folder of states on a file system of a megabyte that nobody else sees.
class FullDisk : public NotifyingDaemon {
 protected:
  void SetUp() override {
    namespace_ = getuid() == 0 ? std::vector<std::string>{"unshare", "-m"}
                               : std::vector<std::string>{"unshare", "-rm"};
    fs::create_directories(data());
    std::vector<std::string> attempt = namespace_;
    attempt.insert(attempt.end(), {"mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", data()});
    const Finished tried = run_to_end(attempt);
    if (tried.code != 0) GTEST_SKIP() << "no file system can be mounted here: " << tried.output;
  }
  void start_on_tmpfs(const std::string& notify) {
    configure(notify);
    port_ = free_port();
    std::vector<std::string> command = namespace_;
    command.insert(command.end(),
                   {"sh", "-c",
                    "mount -t tmpfs -o size=1m tmpfs '" + data() + "' && exec '" +
                        hitwatch_binary() + "' run --config '" + dir_.path("hitwatch.yaml") +
                        "' --web.listen-address=127.0.0.1:" + std::to_string(port_)});
    process_ = std::make_unique<Process>(command);
    ASSERT_TRUE(eventually([&] { return get("/-/healthy").status == 200; })) << process_->output();
  }
  HttpResponse get(const std::string& path) const {
    httplib::Client client("127.0.0.1", port_);
    const auto answer = client.Get(path);
    if (!answer) return {};
    return {answer->status, answer->body, {}};
  }
  void post_alert(const std::string& name) const {
    httplib::Client client("127.0.0.1", port_);
    const auto answer = client.Post(
        "/api/v2/alerts", R"([{"labels":{"alertname":")" + name + "\"}}]", "application/json");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200) << answer->body;
  }
  bool comes_to_show(const std::string& series, double value) const {
    return eventually([&] { return sample(get("/metrics").body, series) == value; });
  }
  // As the daemon sees it.
  std::string filler() const {
    return "/proc/" + std::to_string(process_->pid()) + "/root" + data() + "/filler";
  }
  void fill_disk() const {
    std::ofstream filler(this->filler(), std::ios::binary);
    const std::string page(4096, 'x');
    while (filler.write(page.data(), 4096).flush()) {
    }
  }

  std::vector<std::string> namespace_;
  int port_ = 0;
  std::unique_ptr<Process> process_;
};

TEST_F(FullDisk, IsSaidAlertsGoOutAndTheFileCatchesUp) {
  const SinkProcess sink({"--json"});
  start_on_tmpfs(team(webhook(sink.url())));
  post_alert("Before");
  EXPECT_TRUE(eventually([&] { return alerts_told(sink).size() == 1; })) << process_->output();
  EXPECT_TRUE(comes_to_show("hitwatch_notify_state_behind", 0));
  fill_disk();
  for (const char* name : {"A", "B", "C"}) post_alert(name);
  EXPECT_TRUE(eventually([&] { return alerts_told(sink).size() == 4; })) << process_->output();
  EXPECT_TRUE(comes_to_show("hitwatch_notify_state_behind", 1));
  EXPECT_EQ(
      occurrences(process_->output(), "notifications cannot be stored and go out from memory"), 1);
  EXPECT_THAT(process_->output(), HasSubstr("full"));
  fs::remove(filler());
  EXPECT_TRUE(comes_to_show("hitwatch_notify_state_behind", 0)) << process_->output();
  EXPECT_THAT(process_->output(), HasSubstr("notifications are stored again"));
  EXPECT_EQ(sample(get("/metrics").body, "hitwatch_notify_state_set_aside_total"), 0);
  // What was told meanwhile is in the file.
  const std::string state = fs::path(filler()).parent_path().string() + "/notify.db";
  for (const char* suffix : {"", "-wal"}) {
    if (fs::exists(state + suffix)) fs::copy(state + suffix, data() + "/notify.db" + suffix);
  }
  process_.reset();
  start();
  for (const char* name : {"Before", "A", "B", "C"}) {
    EXPECT_THAT(daemon_->get("/api/v2/alerts").body, HasSubstr("\"" + std::string(name) + "\""));
  }
}

}  // namespace
}  // namespace hitwatch::test
