// Random StatsD lines: mostly right ones, and what becomes of them when bytes change.
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::apps {

class RandomLines {
 public:
  explicit RandomLines(unsigned seed) : random_(seed) {}

  std::string right_line() {
    std::string line = name() + ":" + value();
    while (one_in(5)) line += ":" + value();
    line += "|" + type() + fields();
    while (one_in(8)) line += ":" + value() + "|" + type() + (one_in(2) ? "|@0.1" : "");
    return line;
  }

  // One to three bytes are replaced, removed, added or moved.
  std::string spoilt_line() {
    std::string line = right_line();
    for (std::size_t i = 1 + below(3); i > 0 && !line.empty(); --i) {
      const std::size_t at = below(line.size());
      switch (below(4)) {
        case 0:
          line[at] = any_byte();
          break;
        case 1:
          line.erase(at, 1 + below(3));
          break;
        case 2:
          line.insert(at, 1, any_byte());
          break;
        default:
          std::swap(line[at], line[below(line.size())]);
      }
    }
    return line;
  }

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::string one_of(const std::vector<std::string>& words) { return words[below(words.size())]; }
  char any_byte() {
    constexpr std::string_view kSigns = ":|#,;[]@=+-.eE019c\0\n\xff";
    return one_in(8) ? static_cast<char>(below(256)) : kSigns[below(kSigns.size())];
  }

  std::string tags(char assign, char between) {
    std::string text;
    do {
      if (!text.empty()) text += between;
      text += one_of({"tenant", "type", "key", "operation", "layer", "env", "", "tenants"});
      if (!one_in(6)) text += assign + one_of({"acme", "user:42", "", "a=b", "x", "\xc3\xa9"});
    } while (!one_in(3));
    return text;
  }

  std::string name() {
    std::string plain = one_of({"cache.hit", "cache.miss", "cache.latency", "a", "my.app.x"});
    switch (below(10)) {
      case 0:
        return plain + "#" + tags('=', ',');
      case 1:
        return plain + "," + tags('=', ',');
      case 2:
        return plain + "[" + tags('=', ',') + "]" + one_of({"", ".count"});
      case 3:
        return plain + ";" + tags('=', ';');
      default:
        return plain;
    }
  }

  std::string value() {
    return one_of({"1", "0", "12.5", "-3", "+4", "1e3", "1e-7", "007", ".5", "5.", "320",
                   "123456789012345678", "1e308", "1e309", "1e-400", "nan", "inf", "0x10", "abc"});
  }

  std::string type() {
    return one_in(20) ? one_of({"x", "", "m", "mss"})
                      : one_of({"c", "c", "ms", "g", "h", "d", "s"});
  }

  std::string fields() {
    std::string text;
    while (!one_in(3)) {
      text += "|";
      text += one_in(3) ? "#" + tags(':', ',')
                        : one_of({"@0.5", "@1e-7", "@1", "@0", "@2", "@x", "T1656581400",
                                  "c:ci-abc", "e:it-1,cn-x", "card:low", "", "unknown"});
    }
    return text;
  }

  std::mt19937 random_;
};

}  // namespace hitwatch::apps
