#include "agent/net/small_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace hitwatch::net {
namespace {

class SmallFile : public testing::Test {
 protected:
  SmallFile() {
    std::string name = testing::TempDir() + "hitwatch-file-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~SmallFile() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ / name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return path(name);
  }

 private:
  std::filesystem::path folder_;
};

TEST_F(SmallFile, IsReadUpToItsLimit) {
  const std::string file = write("a", std::string("x\0\n", 3) + std::string(1021, 'y'));
  EXPECT_EQ(read_small_file(file, 1024)->size(), 1024U);
  EXPECT_EQ(read_small_file(file, 1023).error(), "larger than 1023B");
  EXPECT_EQ(read_small_file(write("empty", ""), 0).value(), "");
}

TEST_F(SmallFile, IsRefusedIfItIsAbsentOrNoFile) {
  EXPECT_EQ(read_small_file(path("absent"), 1).error(), "No such file or directory");
  EXPECT_EQ(read_small_file(path(""), 1).error(), "not a regular file");
  EXPECT_EQ(check_readable_file(path("absent")).error(),
            path("absent") + " cannot be read: No such file or directory");
  EXPECT_TRUE(check_readable_file(write("there", "")));
}

TEST_F(SmallFile, AFifoWithoutAWriterHoldsNobodyUp) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(read_small_file(path("fifo"), 1).error(), "not a regular file");
  EXPECT_EQ(check_readable_file(path("fifo")).error(),
            path("fifo") + " cannot be read: not a regular file");
}

}  // namespace
}  // namespace hitwatch::net
