// A password or token that the configuration gives directly, in a file or in the environment.
#pragma once

#include <expected>
#include <string>

#include "agent/net/error.h"

namespace hitwatch::net {

// At most one of the three is set. Files are read anew at every use, so that a rotated secret takes
// effect at the next connection.
struct SecretSource {
  std::string literal;
  std::string file;         // path; one trailing newline is not part of the secret
  std::string environment;  // name of a variable

  bool empty() const { return literal.empty() && file.empty() && environment.empty(); }
  bool operator==(const SecretSource&) const = default;
};

// The secret, "" if `source` is empty. Fails with Reason::kSecret if the file cannot be read, is
// larger than 64 KiB, or the variable is not set.
std::expected<std::string, Error> read_secret(const SecretSource& source);

}  // namespace hitwatch::net
