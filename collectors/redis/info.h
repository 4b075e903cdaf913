// The text that INFO answers, line by line, without copying it.
//
// https://redis.io/docs/latest/commands/info/: `# Section` lines, `field:value` lines, empty lines;
// ended by \r\n, or by \n in replies of some proxies. CLUSTER INFO has the same shape.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace hitwatch::redis {

struct InfoLine {
  std::string_view field;
  std::string_view value;
};

// The lines of a text that outlives it. Lines that are no `field:value` are passed over.
class InfoLines {
 public:
  explicit InfoLines(std::string_view text) : rest_(text) {}
  bool next(InfoLine& line);

 private:
  std::string_view rest_;
};

// The parts of `keys=53,expires=33`, in order. A part without `=` is passed over.
class InfoPairs {
 public:
  explicit InfoPairs(std::string_view text, char separator = ',')
      : rest_(text), separator_(separator) {}
  bool next(InfoLine& pair);

 private:
  std::string_view rest_;
  char separator_;
};

// The values of `names` in a text of pairs, each "" if it has none.
template <std::size_t Count>
std::array<std::string_view, Count> pair_values(std::string_view text,
                                                const std::string_view (&names)[Count]) {
  std::array<std::string_view, Count> values;
  InfoPairs pairs(text);
  for (InfoLine pair; pairs.next(pair);) {
    for (std::size_t i = 0; i < Count; ++i) {
      if (pair.field == names[i]) values[i] = pair.value;
    }
  }
  return values;
}

// A whole text as a number. Nothing for other text, and for NaN, which servers print for
// averages over nothing.
std::optional<double> parse_number(std::string_view text);

// The value of an exported INFO field: `ok` and `true` are 1; `err`, `fail` and `false` are 0; else
// parse_number.
std::optional<double> parse_info_value(std::string_view text);

// 70015 for "7.0.15"; missing parts count as 0, and 0 is what no version gives.
int parse_version(std::string_view text);

// Whether `text` is not empty and all decimal digits.
bool all_digits(std::string_view text);

}  // namespace hitwatch::redis
