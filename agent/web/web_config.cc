#include "agent/web/web_config.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "agent/web/strict_yaml.h"

namespace hitwatch::web {
namespace {

constexpr std::size_t kMaxFile = 1U << 20;
// bcrypt's cost doubles the time with each step: 12 takes 0.2 s, 16 takes 3 s.
constexpr int kMaxBcryptCost = 16;

struct AuthName {
  std::string_view name;
  ClientAuth value;
};
constexpr std::array kClientAuth = {
    AuthName{"NoClientCert", ClientAuth::kNoClientCert},
    AuthName{"RequestClientCert", ClientAuth::kRequestClientCert},
    AuthName{"RequireAnyClientCert", ClientAuth::kRequireAnyClientCert},
    AuthName{"RequireClientCert", ClientAuth::kRequireAnyClientCert},  // an older spelling
    AuthName{"VerifyClientCertIfGiven", ClientAuth::kVerifyClientCertIfGiven},
    AuthName{"RequireAndVerifyClientCert", ClientAuth::kRequireAndVerifyClientCert},
};

// The suites that Go knows, by their registered names; OpenSSL translates them.
constexpr std::array<std::string_view, 18> kCipherSuites = {
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
};

struct CurveName {
  std::string_view go;
  std::string_view openssl;
};
constexpr std::array kCurves = {
    CurveName{"CurveP256", "P-256"},
    CurveName{"CurveP384", "P-384"},
    CurveName{"CurveP521", "P-521"},
    CurveName{"X25519", "X25519"},
};

void append_joined(std::string& list, std::string_view item) {
  if (!list.empty()) list += ':';
  list += item;
}

class WebConfigReader {
 public:
  WebConfigReader(std::string_view text, const std::string& path)
      : yaml_(text, path), folder_(std::filesystem::path(path).parent_path()) {}

  std::expected<WebConfig, std::string> read() {
    const auto document = yaml_.document();
    if (document) {
      const std::array keys = {
          StrictYaml::Key{"tls_server_config", [this](auto& n, auto& p) { read_tls(n, p); }},
          StrictYaml::Key{"http_server_config", [this](auto& n, auto& p) { read_http(n, p); }},
          StrictYaml::Key{"basic_auth_users", [this](auto& n, auto& p) { read_users(n, p); }},
          StrictYaml::Key{"rate_limit", [this](auto& n, auto& p) { refuse(n, p); }},
      };
      yaml_.mapping(*document, "", keys);
    }
    if (yaml_.fault()) return std::unexpected(*yaml_.fault());
    return std::move(config_);
  }

 private:
  void refuse(const YAML::Node& node, const std::string& path) {
    yaml_.fail(node, fmt::format("{}: not supported here; take it out", path));
  }

  StrictYaml::Key pem_text(std::string_view name, Pem& pem) {
    return {name, [this, &pem](auto& node, auto& path) {
              pem.text = yaml_.text(node, path);
              check_given_once(node, path, pem);
            }};
  }

  StrictYaml::Key pem_file(std::string_view name, Pem& pem) {
    return {name, [this, &pem](auto& node, auto& path) {
              const std::string file = yaml_.text(node, path);
              if (!file.empty()) pem.file = (folder_ / file).string();
              check_given_once(node, path, pem);
            }};
  }

  void check_given_once(const YAML::Node& node, const std::string& path, const Pem& pem) {
    if (!pem.text.empty() && !pem.file.empty()) {
      yaml_.fail(node, fmt::format("{}: given both directly and by a file; keep one", path));
    }
  }

  void read_tls(const YAML::Node& section, const std::string& section_path) {
    TlsConfig& tls = config_.tls.emplace();
    const std::array keys = {
        pem_text("cert", tls.certificate),
        pem_file("cert_file", tls.certificate),
        pem_text("key", tls.key),
        pem_file("key_file", tls.key),
        pem_text("client_ca", tls.client_ca),
        pem_file("client_ca_file", tls.client_ca),
        StrictYaml::Key{"client_auth_type", [this](auto& n, auto& p) { read_client_auth(n, p); }},
        StrictYaml::Key{"min_version",
                        [&, this](auto& n, auto& p) { read_version(n, p, tls.min_version); }},
        StrictYaml::Key{"max_version",
                        [&, this](auto& n, auto& p) { read_version(n, p, tls.max_version); }},
        StrictYaml::Key{"cipher_suites", [this](auto& n, auto& p) { read_cipher_suites(n, p); }},
        StrictYaml::Key{"curve_preferences", [this](auto& n, auto& p) { read_curves(n, p); }},
        StrictYaml::Key{
            "prefer_server_cipher_suites",
            [&, this](auto& n, auto& p) { tls.prefer_server_ciphers = yaml_.boolean(n, p); }},
        StrictYaml::Key{"client_allowed_sans", [this](auto& n, auto& p) { refuse(n, p); }},
    };
    yaml_.mapping(section, section_path, keys);
    check_tls(section, section_path, tls);
  }

  void check_tls(const YAML::Node& section, const std::string& path, const TlsConfig& tls) {
    const auto fail = [&](std::string_view sentence) {
      yaml_.fail(section, fmt::format("{}: {}", path, sentence));
    };
    if (tls.certificate.empty()) fail("cert_file is missing");
    if (tls.key.empty()) fail("key_file is missing");
    if (tls.min_version > tls.max_version) fail("min_version is above max_version");
    const bool verifies = tls.client_auth == ClientAuth::kVerifyClientCertIfGiven ||
                          tls.client_auth == ClientAuth::kRequireAndVerifyClientCert;
    if (verifies && tls.client_ca.empty()) {
      fail("this client_auth_type needs client_ca_file, the authority that signs the clients");
    }
    if (!tls.client_ca.empty() && tls.client_auth == ClientAuth::kNoClientCert) {
      fail(
          "client_ca_file has no effect without client_auth_type; "
          "set it to RequireAndVerifyClientCert");
    }
  }

  void read_client_auth(const YAML::Node& node, const std::string& path) {
    const std::string name = yaml_.text(node, path);
    if (name.empty()) return;
    for (const AuthName& known : kClientAuth) {
      if (known.name == name) {
        config_.tls->client_auth = known.value;
        return;
      }
    }
    yaml_.fail(node, fmt::format("{}: '{}' is none of NoClientCert, RequestClientCert, "
                                 "RequireAnyClientCert, VerifyClientCertIfGiven, "
                                 "RequireAndVerifyClientCert",
                                 path, name));
  }

  void read_version(const YAML::Node& node, const std::string& path, int& version) {
    const std::string name = yaml_.text(node, path);
    if (name == "TLS12") {
      version = TLS1_2_VERSION;
    } else if (name == "TLS13") {
      version = TLS1_3_VERSION;
    } else if (name == "TLS10" || name == "TLS11") {
      yaml_.fail(node,
                 fmt::format("{}: {} is broken and not offered; use TLS12 or TLS13", path, name));
    } else {
      yaml_.fail(node, fmt::format("{}: expected TLS12 or TLS13", path));
    }
  }

  void read_cipher_suites(const YAML::Node& node, const std::string& path) {
    std::size_t index = 0;
    for (const auto& [name, item] : yaml_.texts(node, path)) {
      if (std::ranges::find(kCipherSuites, name) == kCipherSuites.end()) {
        yaml_.fail(item, fmt::format("{}[{}]: unknown cipher suite '{}'; known: {}", path, index,
                                     name, fmt::join(kCipherSuites, ", ")));
        return;
      }
      ++index;
      TlsConfig& tls = *config_.tls;
      const bool is_13 = name.find("_WITH_") == std::string::npos;
      append_joined(is_13 ? tls.cipher_suites_13 : tls.cipher_suites,
                    is_13 ? name : OPENSSL_cipher_name(name.c_str()));
    }
  }

  void read_curves(const YAML::Node& node, const std::string& path) {
    std::size_t index = 0;
    for (const auto& [name, item] : yaml_.texts(node, path)) {
      const auto* known = std::ranges::find(kCurves, name, &CurveName::go);
      if (known == kCurves.end()) {
        yaml_.fail(item, fmt::format("{}[{}]: unknown curve '{}'; known: CurveP256, CurveP384, "
                                     "CurveP521, X25519",
                                     path, index, name));
        return;
      }
      ++index;
      append_joined(config_.tls->curves, known->openssl);
    }
  }

  void read_http(const YAML::Node& section, const std::string& section_path) {
    const std::array keys = {
        StrictYaml::Key{"http2", [this](auto& n, auto& p) { yaml_.boolean(n, p); }},
        StrictYaml::Key{"headers", [this](auto& n, auto& p) { read_headers(n, p); }},
    };
    yaml_.mapping(section, section_path, keys);
  }

  void read_headers(const YAML::Node& section, const std::string& section_path) {
    const auto header = [this](std::string_view name, std::vector<std::string_view> allowed) {
      return StrictYaml::Key{
          name, [this, name, allowed](auto& n, auto& p) { read_header(name, allowed, n, p); }};
    };
    const std::array keys = {
        header("Content-Security-Policy", {}),
        header("X-Frame-Options", {"deny", "sameorigin"}),
        header("X-Content-Type-Options", {"nosniff"}),
        header("X-XSS-Protection", {}),
        header("Strict-Transport-Security", {}),
    };
    yaml_.mapping(section, section_path, keys);
  }

  void read_header(std::string_view name, const std::vector<std::string_view>& allowed,
                   const YAML::Node& node, const std::string& path) {
    std::string value = yaml_.text(node, path);
    if (value.empty()) return;
    if (!allowed.empty() && std::ranges::find(allowed, value) == allowed.end()) {
      yaml_.fail(node, fmt::format("{}: expected {}", path, fmt::join(allowed, " or ")));
    }
    if (std::ranges::any_of(value, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
      yaml_.fail(node, fmt::format("{}: a header has one line, without control characters", path));
    }
    config_.headers.push_back({std::string(name), std::move(value)});
  }

  void read_users(const YAML::Node& section, const std::string& section_path) {
    yaml_.entries(section, section_path, [&](auto& name, auto& key, auto& value) {
      if (name.find(':') != std::string::npos) {
        yaml_.fail(key, fmt::format("{}: the user name contains a colon, which basic "
                                    "authentication cannot send",
                                    section_path));
        return;
      }
      const std::string path = fmt::format("{}.{}", section_path, name);
      std::string hash = yaml_.text(value, path);
      check_bcrypt(value, path, hash);
      config_.users.emplace(name, std::move(hash));
    });
  }

  // $2b$12$ and 53 characters of bcrypt's own base64.
  void check_bcrypt(const YAML::Node& node, const std::string& path, std::string_view hash) {
    constexpr std::string_view kAlphabet =
        "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const bool shaped =
        hash.size() == 60 &&
        (hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$")) &&
        hash[4] >= '0' && hash[4] <= '3' && hash[5] >= '0' && hash[5] <= '9' && hash[6] == '$' &&
        hash.substr(7).find_first_not_of(kAlphabet) == std::string_view::npos;
    const int cost = shaped ? (hash[4] - '0') * 10 + hash[5] - '0' : 0;
    if (!shaped || cost < 4) {
      yaml_.fail(node, fmt::format("{}: not a bcrypt hash ($2y$10$… of 60 characters); make one "
                                   "with: htpasswd -nBC 10 \"\"",
                                   path));
    } else if (cost > kMaxBcryptCost) {
      yaml_.fail(node, fmt::format("{}: a bcrypt cost of {} takes too long to check; use at most "
                                   "{}",
                                   path, cost, kMaxBcryptCost));
    }
  }

  StrictYaml yaml_;
  std::filesystem::path folder_;
  WebConfig config_;
};

struct FileDescriptor {
  int value = -1;
  ~FileDescriptor() {
    if (value >= 0) close(value);
  }
};

}  // namespace

std::vector<std::string> WebConfig::files() const {
  std::vector<std::string> names;
  if (!tls) return names;
  for (const Pem* pem : {&tls->certificate, &tls->key, &tls->client_ca}) {
    if (!pem->file.empty()) names.push_back(pem->file);
  }
  return names;
}

std::expected<WebConfig, std::string> parse_web_config(std::string_view text,
                                                       const std::string& path) {
  try {
    return WebConfigReader(text, path).read();
  } catch (const YAML::Exception&) {
    return std::unexpected(path + ": not a web configuration file that can be read");
  }
}

std::expected<WebConfig, std::string> load_web_config(const std::string& path) {
  const auto text = read_small_file(path);
  if (!text) return std::unexpected(text.error());
  return parse_web_config(*text, path);
}

std::expected<std::string, std::string> read_small_file(const std::string& path) {
  // Not to wait for a writer, should somebody name a pipe.
  const FileDescriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  const auto failed = [&](int code) {
    return std::unexpected(fmt::format("cannot read {}: {}", path, std::strerror(code)));
  };
  if (file.value < 0) return failed(errno);
  std::string content;
  std::array<char, 16384> chunk;
  while (true) {
    const ssize_t count = ::read(file.value, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed(errno);
    if (count == 0) return content;
    content.append(chunk.data(), static_cast<std::size_t>(count));
    if (content.size() > kMaxFile) {
      return std::unexpected(fmt::format("cannot read {}: it is larger than 1 MiB", path));
    }
  }
}

}  // namespace hitwatch::web
