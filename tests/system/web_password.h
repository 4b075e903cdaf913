// The hash of a password, as basic_auth_users of a web configuration have it.
#pragma once

#include <crypt.h>

#include <array>
#include <string>

namespace hitwatch::test {

// With the lowest cost there is.
inline std::string bcrypt(const char* password) {
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> salt{};
  crypt_data state{};
  crypt_gensalt_rn("$2b$", 4, nullptr, 0, salt.data(), salt.size());
  return crypt_r(password, salt.data(), &state);
}

}  // namespace hitwatch::test
