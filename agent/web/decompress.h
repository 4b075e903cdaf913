// gzip in request bodies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace hitwatch::web {

enum class GunzipFault : std::uint8_t {
  kMalformed,  // not gzip, cut short, a wrong checksum, or something after the end
  kTooLarge,   // more than `most` bytes when unpacked
};

// Unpacks gzip (RFC 1952; one member or several), and stops as soon as there is more than `most`
// bytes of it: a few kilobytes may claim to be gigabytes. Throws std::bad_alloc only.
std::expected<std::string, GunzipFault> gunzip(std::string_view compressed, std::size_t most);

}  // namespace hitwatch::web
