// The changes of an alert, numbered from 1: as it cannot fire twice without being resolved between,
// odd numbers are firings and even ones resolutions. So a number says what state it led to, and
// what a destination was told of an alert is one number: that of the last change it knows (0: it
// knows nothing). What it is still to be told are the numbers after that one.
//
// An instance of an alert is one firing with its resolution: changes 2i-1 and 2i are of instance i.
#pragma once

#include <cstdint>

namespace hitwatch::notify {

using ChangeNumber = std::uint64_t;

constexpr bool is_firing(ChangeNumber change) { return change % 2 == 1; }
constexpr std::uint64_t instance_of(ChangeNumber change) { return (change + 1) / 2; }

// Of what came after `told`, only the difference counts: no change if the state is the same again,
// else the last one. What is told now.
constexpr ChangeNumber skip_to_difference(ChangeNumber told, ChangeNumber last) {
  return is_firing(told) == is_firing(last) ? last : last - 1;
}

// As above, but a state that came and went is not lost altogether: its last coming and going stay.
constexpr ChangeNumber skip_to_last_two(ChangeNumber told, ChangeNumber last) {
  if (last - told <= 2) return told;
  return is_firing(told) == is_firing(last) ? last - 2 : last - 1;
}

// For a destination that never heard of the alert and takes over from one that was told `told`:
// what that one was not told, less a resolution of what only that one knows; and the firing itself
// if it goes on.
constexpr ChangeNumber told_to_newcomer(ChangeNumber told, ChangeNumber last) {
  if (!is_firing(told)) return told;
  return told == last ? told - 1 : told + 1;
}

// Which changes after `told`, up to `last`, are to be told: all, or firings only.
struct News {
  ChangeNumber told = 0;
  ChangeNumber last = 0;
  bool resolutions = true;

  constexpr std::uint64_t size() const {
    return resolutions ? last - told : (last + 1) / 2 - (told + 1) / 2;
  }
  // The i-th from 0, or 0 if there are not so many.
  constexpr ChangeNumber at(std::uint64_t i) const {
    if (i >= size()) return 0;
    if (resolutions) return told + 1 + i;
    return told + (is_firing(told) ? 2 : 1) + 2 * i;
  }
};

}  // namespace hitwatch::notify
