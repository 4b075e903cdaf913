// What a client says it is: CLIENT SETINFO LIB-NAME, or CLIENT SETNAME.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace hitwatch::resp {

class ClientName {
 public:
  static constexpr std::size_t kLongest = 24;  // longer ones are cut

  // The library's name outlives that of the connection.
  void set(std::string_view name, bool is_library) {
    if (name.starts_with("hitwatch")) is_ours_ = true;
    if (is_library_ && !is_library) return;
    // Redis refuses such names.
    if (std::ranges::any_of(name, [](char c) { return c < '!' || c > '~'; })) return;
    size_ = static_cast<std::uint8_t>(std::min(name.size(), kLongest));
    std::copy_n(name.begin(), size_, text_.begin());
    is_library_ = is_library;
  }

  std::string_view text() const { return {text_.data(), size_}; }
  bool is_ours() const { return is_ours_; }

 private:
  std::array<char, kLongest> text_{};
  std::uint8_t size_ = 0;
  bool is_library_ = false;
  bool is_ours_ = false;
};

}  // namespace hitwatch::resp
