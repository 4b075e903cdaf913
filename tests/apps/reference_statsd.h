// StatsD lines read slowly and obviously: the judge of StatsdLineReader, with which it shares the
// words of the answer and no code.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/apps/statsd_line.h"

namespace hitwatch::apps::reference {

struct Sample {
  std::string value;
  double number = 0;
  double rate = 1;
  StatsdType type = StatsdType::kCounter;
};

struct Line {
  std::string name;
  std::string tenant;
  std::string type;
  std::string key;
  std::string operation;
  std::string layer;
  std::vector<Sample> samples;
};

std::expected<Line, Rejection> read(const std::string& line);

// Where the reader and the reference disagree about a line; "" where they agree.
std::string difference(StatsdLineReader& reader, const std::string& line);

}  // namespace hitwatch::apps::reference
