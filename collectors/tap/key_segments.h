// Keys as segments, and which of these are words rather than values.
#pragma once

#include <cstdint>
#include <string_view>

namespace hitwatch::tap {

// What separates the segments of a key: ':' if it has one, else '/', else '.'; 0 if it has none.
char separator_of(std::string_view key);

// Whether a segment may be part of a convention: letters, few digits, no more than some 30 bytes.
// Numbers, hexadecimal and random texts, e-mail addresses and the like are not.
bool is_word(std::string_view segment);

// Whether a word may as well be a value, such as "user17": it has a digit, and is no version.
bool is_numbered(std::string_view word);

// Whether a word is a common name of what is kept in a cache, or of a property of such a thing:
// "session", "profiles", "list". Settles what figures leave open.
bool is_common_name(std::string_view word);

// Whether a word is a common name of a thing with a number of its own that is no tenant: what
// stands after "user" or "order" is one of them.
bool is_common_entity(std::string_view word);

}  // namespace hitwatch::tap
