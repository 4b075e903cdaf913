#include "agent/cli/keys_progress.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <random>
#include <string>

#include "agent/cli/keys_cost.h"
#include "agent/cli/terminal_text.h"

namespace hitwatch::cli {
namespace {

using std::chrono::seconds;

TEST(KeysProgress, ShowsKeysPercentRateAndTimeLeft) {
  EXPECT_EQ(progress_text({400'000, 1'000'000, seconds(2)}, 100),
            "[############------------------]  40%  400,000 of 1,000,000 keys  200,000 keys/s  "
            "3.0 s left");
  EXPECT_EQ(progress_text({400'000, 1'000'000, seconds(2)}, std::nullopt),
            " 40%  400,000 of 1,000,000 keys  200,000 keys/s  3.0 s left");
}

TEST(KeysProgress, BeforeTheFirstKeyThereIsNoRate) {
  EXPECT_EQ(progress_text({0, 10, seconds(0)}, std::nullopt), "  0%  0 of 10 keys");
  EXPECT_EQ(progress_text({0, 0, seconds(1)}, std::nullopt), "  0%  0 of 0 keys");
}

TEST(KeysProgress, KeysThatCameMeanwhileAreNotMoreThanAll) {
  EXPECT_TRUE(progress_text({1500, 1000, seconds(1)}, std::nullopt).starts_with("100%  1,500 of "));
  EXPECT_TRUE(progress_text({9999, 10'000, seconds(1)}, std::nullopt).starts_with(" 99%"));
}

TEST(KeysProgress, FitsIntoAnyTerminal) {
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    const std::size_t columns = random() % 120;
    const std::string text = progress_text(
        {random() % 1'000'000, random() % 1'000'000, seconds(random() % 100)}, columns);
    EXPECT_LE(columns_of(text), columns) << text;
  }
}

class Pipe {
 public:
  Pipe() {
    EXPECT_EQ(pipe(ends_.data()), 0);
    fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  }
  ~Pipe() {
    close(ends_[0]);
    close(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int writing() const { return ends_[1]; }
  std::string content() const {
    std::array<char, 4096> buffer{};
    const ssize_t size = read(ends_[0], buffer.data(), buffer.size());
    return {buffer.data(), size < 0 ? 0 : static_cast<std::size_t>(size)};
  }

 private:
  std::array<int, 2> ends_{};
};

TEST(KeysProgress, InALogThereIsALineNowAndThen) {
  const Pipe pipe;
  ProgressLine line(pipe.writing(), true);
  const auto start = ProgressLine::Clock::now();
  line.show({1, 10, seconds(1)}, start + seconds(1));
  EXPECT_EQ(pipe.content(), "");
  line.show({5, 10, seconds(11)}, start + seconds(11));
  EXPECT_TRUE(pipe.content().ends_with("left\n"));
  line.show({6, 10, seconds(12)}, start + seconds(12));
  line.clear();
  EXPECT_EQ(pipe.content(), "");
}

TEST(KeysProgress, ASampleIsTooShortForLinesInALog) {
  const Pipe pipe;
  ProgressLine line(pipe.writing(), false);
  line.show({5, 10, seconds(60)}, ProgressLine::Clock::now() + seconds(60));
  EXPECT_EQ(pipe.content(), "");
}

TEST(ScanCost, GrowsWithTheKeysAndShrinksWithTheBudget) {
  const ScanCost cost = cost_of_full_scan(2'000'000, 0.5);
  EXPECT_GE(cost.commands, 2'000'000U);
  EXPECT_GT(cost.server_seconds, 0);
  EXPECT_DOUBLE_EQ(cost.seconds_at_budget, cost.server_seconds * 2);
  EXPECT_DOUBLE_EQ(cost_of_full_scan(4'000'000, 0.5).server_seconds, cost.server_seconds * 2);
}

TEST(ScanCost, IsToldBeforeItIsPaid) {
  keyspace::Report report;
  report.server = "cache-1:6379";
  report.keys = 2'000'000;
  const std::string text = cost_text(report, 0.5);
  EXPECT_TRUE(text.contains("all 2,000,000 keys of cache-1:6379")) << text;
  EXPECT_TRUE(text.contains(" commands (")) << text;
  EXPECT_TRUE(text.contains("busy with it 50% of the time")) << text;
  EXPECT_TRUE(text.contains("with --budget 100%, in about ")) << text;
  EXPECT_TRUE(cost_text(report, 1).contains("all of the time")) << cost_text(report, 1);
}

}  // namespace
}  // namespace hitwatch::cli
