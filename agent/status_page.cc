#include "agent/status_page.h"

#include <fmt/core.h>
#include <openssl/evp.h>

#include <array>
#include <utility>

#include "agent/net/gzip.h"
#include "agent/page/page.h"
#include "agent/version.h"

namespace hitwatch {
namespace {

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

// As a policy names it: 'sha256-…' in Base64.
std::string source_hash(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> base64{};
  const int length = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(size));
  const std::string encoded(base64.begin(), base64.begin() + length);
  return fmt::format(" 'sha256-{}'", encoded);
}

// Of what stands between <tag> and </tag>, wherever that is; "" if nowhere. Opening tags without
// attributes only, as the page has them.
std::string hashes_of(std::string_view html, std::string_view tag) {
  const std::string open = fmt::format("<{}>", tag);
  const std::string close = fmt::format("</{}>", tag);
  std::string hashes;
  for (auto at = html.find(open); at != html.npos; at = html.find(open, at)) {
    at += open.size();
    const auto end = html.find(close, at);
    if (end == html.npos) break;
    hashes += source_hash(html.substr(at, end - at));
    at = end;
  }
  return hashes;
}

}  // namespace

std::string content_security_policy(std::string_view html) {
  const auto sources = [&](std::string_view tag) {
    const std::string hashes = hashes_of(html, tag);
    return hashes.empty() ? " 'none'" : hashes;
  };
  return fmt::format(
      "default-src 'none'; script-src{}; style-src{}; connect-src 'self'; img-src data:; base-uri "
      "'none'; form-action 'none'; frame-ancestors 'none'",
      sources("script"), sources("style"));
}

web::Response make_status_page(std::string_view telemetry_path) {
  web::Response response;
  response.content_type = "text/html; charset=utf-8";
  response.body = status_page_file();
  response.headers = {{"Content-Security-Policy", content_security_policy(response.body)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Cross-Origin-Opener-Policy", "same-origin"},
                      {"Cross-Origin-Resource-Policy", "same-origin"},
                      {"Cache-Control", "no-cache"}};
  // Where a reverse proxy serves the page below a path of its own, links are below that, too.
  telemetry_path.remove_prefix(telemetry_path.starts_with('/') ? 1 : 0);
  replace_all(response.body, "@telemetry_path@", telemetry_path);
  replace_all(response.body, "@version@", kVersion);
  return response;
}

web::Response compressed_page(const web::Response& page) {
  web::Response response = page;
  response.headers.push_back({"Content-Encoding", "gzip"});
  response.headers.push_back({"Vary", "Accept-Encoding"});
  response.body = net::Gzip(net::Gzip::kSmallest).compress(page.body);
  return response;
}

}  // namespace hitwatch
