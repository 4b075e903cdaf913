// The machine of the classic Berkeley packet filter, in so far as filters for ports use it.
#pragma once

#include <linux/filter.h>

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace hitwatch::packets::test {

// How many bytes of `packet` the program captures. Loads from behind the packet's end refuse it.
inline std::uint32_t run_filter(const std::vector<sock_filter>& program, std::string_view packet) {
  std::uint32_t a = 0;
  std::uint32_t x = 0;
  std::array<std::uint32_t, BPF_MEMWORDS> memory{};
  const auto bytes = [&](std::uint32_t at, std::size_t count) -> std::optional<std::uint32_t> {
    if (at > packet.size() || packet.size() - at < count) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      value = value << 8 | static_cast<std::uint8_t>(packet[at + i]);
    }
    return value;
  };
  const auto jump_if = [](bool holds, const sock_filter& step) {
    return static_cast<std::size_t>(holds ? step.jt : step.jf);
  };
  for (std::size_t i = 0; i < program.size(); ++i) {
    const sock_filter& step = program.at(i);
    std::optional<std::uint32_t> loaded = 0;
    switch (step.code) {
      case BPF_LD | BPF_B | BPF_ABS:
        loaded = bytes(step.k, 1);
        break;
      case BPF_LD | BPF_H | BPF_ABS:
        loaded = bytes(step.k, 2);
        break;
      case BPF_LD | BPF_B | BPF_IND:
        loaded = bytes(x + step.k, 1);
        break;
      case BPF_LD | BPF_H | BPF_IND:
        loaded = bytes(x + step.k, 2);
        break;
      case BPF_LD | BPF_IMM:
        loaded = step.k;
        break;
      case BPF_LD | BPF_MEM:
        loaded = memory.at(step.k);
        break;
      case BPF_LDX | BPF_B | BPF_MSH: {
        const auto byte = bytes(step.k, 1);
        if (!byte) return 0;
        x = (*byte & 0xf) * 4;
        continue;
      }
      case BPF_LDX | BPF_IMM:
        x = step.k;
        continue;
      case BPF_ST:
        memory.at(step.k) = a;
        continue;
      case BPF_MISC | BPF_TAX:
        x = a;
        continue;
      case BPF_ALU | BPF_ADD | BPF_K:
        a += step.k;
        continue;
      case BPF_ALU | BPF_ADD | BPF_X:
        a += x;
        continue;
      case BPF_ALU | BPF_LSH | BPF_K:
        a <<= step.k;
        continue;
      case BPF_ALU | BPF_AND | BPF_K:
        a &= step.k;
        continue;
      case BPF_ALU | BPF_MUL | BPF_K:
        a *= step.k;
        continue;
      case BPF_JMP | BPF_JA:
        i += step.k;
        continue;
      case BPF_JMP | BPF_JEQ | BPF_K:
        i += jump_if(a == step.k, step);
        continue;
      case BPF_JMP | BPF_JGT | BPF_K:
        i += jump_if(a > step.k, step);
        continue;
      case BPF_JMP | BPF_JSET | BPF_K:
        i += jump_if((a & step.k) != 0, step);
        continue;
      case BPF_RET | BPF_K:
        return step.k;
      default:
        throw std::runtime_error("an instruction that no filter for ports needs");
    }
    if (!loaded) return 0;
    a = *loaded;
  }
  throw std::runtime_error("ran beyond the end of the program");
}

}  // namespace hitwatch::packets::test
