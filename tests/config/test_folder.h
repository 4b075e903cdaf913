// A folder of its own for each test, removed afterwards.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace hitwatch::config {

class TestFolder : public testing::Test {
 protected:
  TestFolder() {
    std::string name = testing::TempDir() + "hitwatch-config-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~TestFolder() override { std::filesystem::remove_all(folder_); }

  // Writes a file and answers its path.
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return path(name);
  }
  std::string path(const std::string& name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
};

}  // namespace hitwatch::config
