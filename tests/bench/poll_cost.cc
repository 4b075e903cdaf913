#include "tests/bench/poll_cost.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include "tests/system/harness.h"

namespace hitwatch::bench {
namespace {

constexpr int kFewPolls = 100;
constexpr int kManyPolls = 600;

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string output;
  std::array<char, 4096> part{};
  while (const std::size_t size = std::fread(part.data(), 1, part.size(), pipe.get())) {
    output.append(part.data(), size);
  }
  return output;
}

double number_after(const std::string& text, const std::string& words) {
  const std::size_t found = text.find(words);
  if (found == text.npos) throw std::runtime_error("valgrind says: " + text);
  return std::atof(text.c_str() + found + words.size());
}

struct PollCost {
  double instructions = 0;
  double allocations = 0;
};

// Of one poll among many: what a process does besides is the same in the long run and the short.
// Each run has a server of its own, for they tell more the more they have been asked.
PollCost cost_of_poll(const std::string& mode) {
  const auto run = [&](int polls) {
    const test::RedisServer server;
    return output_of(
        fmt::format("valgrind --tool=callgrind --callgrind-out-file=/dev/null {} {} {} {} 2>&1",
                    HITWATCH_POLL_LOOP, server.port(), polls, mode));
  };
  const std::string few = run(kFewPolls);
  const std::string many = run(kManyPolls);
  return {(number_after(many, "Collected :") - number_after(few, "Collected :")) /
              (kManyPolls - kFewPolls),
          number_after(many, "allocations a poll: ")};
}

}  // namespace

void bench_polls() {
  fmt::print("\n## A poll\n\n| | instructions | allocations |\n|---|---|---|\n");
  for (const auto& [name, mode] : {std::pair("not traced", ""), std::pair("recorded", "record")}) {
    const PollCost cost = cost_of_poll(mode);
    fmt::print("| {} | {:.0f} | {:.1f} |\n", name, cost.instructions, cost.allocations);
  }
}

}  // namespace hitwatch::bench
