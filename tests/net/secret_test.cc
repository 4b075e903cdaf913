#include "agent/net/secret.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace hitwatch::net {
namespace {

using testing::HasSubstr;
using testing::Not;

class Secret : public testing::Test {
 protected:
  Secret() {
    std::string name = testing::TempDir() + "hitwatch-secret-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~Secret() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::string path(const std::string& name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
};

SecretSource in_file(const std::string& path) {
  SecretSource source;
  source.file = path;
  return source;
}

TEST_F(Secret, IsEmptyWhereNoneIsGiven) { EXPECT_EQ(read_secret(SecretSource{}).value(), ""); }

TEST_F(Secret, CanBeGivenDirectly) {
  SecretSource source;
  source.literal = "hunter2\n";
  EXPECT_EQ(read_secret(source).value(), "hunter2\n");
}

TEST_F(Secret, LosesOneNewlineAtTheEndOfItsFile) {
  EXPECT_EQ(read_secret(in_file(write("a", "hunter2\n"))).value(), "hunter2");
  EXPECT_EQ(read_secret(in_file(write("b", "hunter2\r\n"))).value(), "hunter2");
  EXPECT_EQ(read_secret(in_file(write("c", "hunter2\n\n"))).value(), "hunter2\n");
  EXPECT_EQ(read_secret(in_file(write("d", "hunter2"))).value(), "hunter2");
  EXPECT_EQ(read_secret(in_file(write("e", ""))).value(), "");
}

TEST_F(Secret, IsReadAnewEveryTime) {
  const SecretSource source = in_file(write("rotated", "old"));
  EXPECT_EQ(read_secret(source).value(), "old");
  write("rotated", "new");
  EXPECT_EQ(read_secret(source).value(), "new");
}

TEST_F(Secret, FailsForAMissingFileNamingIt) {
  const auto secret = read_secret(in_file(path("missing")));
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().reason, Reason::kSecret);
  EXPECT_THAT(secret.error().text, HasSubstr(path("missing")));
  EXPECT_THAT(secret.error().text, HasSubstr("No such file"));
}

TEST_F(Secret, FailsForAFileThatIsTooLargeWithoutShowingIt) {
  EXPECT_TRUE(read_secret(in_file(write("fits", std::string(64 << 10, 's')))));
  const auto secret = read_secret(in_file(write("large", std::string((64 << 10) + 1, 's'))));
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().reason, Reason::kSecret);
  EXPECT_THAT(secret.error().text, HasSubstr("64KiB"));
  EXPECT_THAT(secret.error().text, Not(HasSubstr("sss")));
}

TEST_F(Secret, DoesNotWaitForAFifoAndReadsNoFolder) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_FALSE(read_secret(in_file(path("fifo"))));
  EXPECT_FALSE(read_secret(in_file(path(""))));
}

TEST_F(Secret, ComesFromTheEnvironment) {
  ::setenv("HITWATCH_TEST_SECRET", "hunter2", 1);
  SecretSource source;
  source.environment = "HITWATCH_TEST_SECRET";
  EXPECT_EQ(read_secret(source).value(), "hunter2");
  ::unsetenv("HITWATCH_TEST_SECRET");
  const auto secret = read_secret(source);
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().reason, Reason::kSecret);
  EXPECT_THAT(secret.error().text, HasSubstr("HITWATCH_TEST_SECRET"));
}

}  // namespace
}  // namespace hitwatch::net
