// How often tests with random or exhaustive input repeat themselves.
#pragma once

namespace hitwatch {

#ifndef __has_feature  // clang's word; g++ has macros of its own for the same
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// All of them, or with sanitizers one in `share`: programs are some fifty times slower there, and
// what sanitizers find, such as a read past an end, shows in the first repetitions. Rare wrong
// results are looked for without sanitizers, with all of them.
constexpr int repetitions(int all, int share = 10) { return kSanitized ? all / share : all; }

}  // namespace hitwatch
