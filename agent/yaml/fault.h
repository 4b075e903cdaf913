// What is wrong with a file that somebody wrote.
#pragma once

#include <span>
#include <string>

namespace hitwatch::yaml {

// Line and column count from 1; 0 where the file as a whole is meant.
struct Fault {
  std::string file;
  int line = 0;
  int column = 0;
  std::string text;  // "targets[1].pol: unknown key, did you mean 'poll'?"
};

// `hitwatch.yaml:12:5: targets[1].pol: unknown key, did you mean 'poll'?`
std::string to_string(const Fault& fault);
// One line for each, the last without an end.
std::string to_string(std::span<const Fault> faults);

}  // namespace hitwatch::yaml
