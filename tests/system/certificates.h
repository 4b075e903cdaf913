// Certificates for the tests, made by the openssl program.
#pragma once

#include <string>

#include "tests/system/harness.h"

namespace hitwatch::test {

// A certificate authority in a folder of its own.
class Authority {
 public:
  Authority();

  struct Certificate {
    std::string cert_file;
    std::string key_file;
  };
  // For a host name or IP address; `days` may be negative for one that has expired.
  Certificate issue(const std::string& host, int days = 2) const;
  std::string ca_file() const { return dir_.path("ca.crt"); }

 private:
  TempDir dir_;
};

}  // namespace hitwatch::test
