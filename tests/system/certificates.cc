#include "tests/system/certificates.h"

#include <ctime>
#include <stdexcept>

namespace hitwatch::test {
namespace {

void openssl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  const Finished finished = run_to_end(arguments);
  if (finished.code != 0) throw std::runtime_error("openssl: " + finished.output);
}

// As `openssl ca` wants it: YYMMDDHHMMSSZ.
std::string date(int days_from_now) {
  const std::time_t time = std::time(nullptr) + days_from_now * 86400;
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[20];
  std::strftime(text, sizeof text, "%y%m%d%H%M%SZ", &parts);
  return text;
}

}  // namespace

Authority::Authority() {
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
           "-subj", "/CN=Test CA", "-days", "2", "-keyout", dir_.path("ca.key"), "-out",
           dir_.path("ca.crt")});
  dir_.write("index.txt", "");
  dir_.write("serial", "1000\n");
  dir_.write("ca.conf", "[ca]\ndefault_ca=d\n[d]\ndir=" + dir_.path() +
                            "\ndatabase=$dir/index.txt\nserial=$dir/serial\nnew_certs_dir=$dir\n"
                            "certificate=$dir/ca.crt\nprivate_key=$dir/ca.key\ndefault_md=sha256\n"
                            "policy=p\ncopy_extensions=copy\nunique_subject=no\n"
                            "[p]\ncommonName=supplied\n");
}

Authority::Certificate Authority::issue(const std::string& host, int days) const {
  static int number = 0;
  const std::string name = "leaf" + std::to_string(++number);
  const Certificate made{dir_.path(name + ".crt"), dir_.path(name + ".key")};
  const bool is_address = host.find_first_not_of("0123456789.:") == std::string::npos;
  openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
           "-subj", "/CN=" + name, "-addext",
           "subjectAltName=" + std::string(is_address ? "IP:" : "DNS:") + host, "-keyout",
           made.key_file, "-out", dir_.path(name + ".csr")});
  openssl({"ca", "-batch", "-notext", "-config", dir_.path("ca.conf"), "-startdate", date(-30),
           "-enddate", date(days), "-in", dir_.path(name + ".csr"), "-out", made.cert_file});
  return made;
}

}  // namespace hitwatch::test
