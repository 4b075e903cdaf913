// Where a command has its key, and how it is shown without what may be private in it.
//
// After the "key specifications" that COMMAND DOCS gives for each command
// (https://redis.io/docs/latest/develop/reference/key-specs/): the first key only, since that is
// what types and tenants go by.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hitwatch::redis {

// The command's name in capitals, with its subcommand where it is a container: "GET",
// "CONFIG SET". "" if there is none, or it is no word (letters, digits, `_`, `-`, `.`, and at most
// 64 of them).
std::string operation_of(std::span<const std::string> args);

// The first key among `args` (the command itself is the first of them); nothing if the command has
// none, is not known, or was cut before its key.
std::optional<std::string_view> first_key(std::span<const std::string> args);

// The command with all of its arguments as `?`, as OpenTelemetry's conventions for databases want
// queries that were not sanitized otherwise: "SET ? ?", "CONFIG SET ? ?".
std::string redacted_text(std::span<const std::string> args);
// The command as it is, but for those that hold passwords, such as AUTH and CONFIG SET: these are
// redacted, as is all that follows a word that announces a password, such as `requirepass`. What a
// script (EVAL, FUNCTION) or a value holds is shown. Bytes that are not printable are shown as
// `\xNN`.
std::string full_text(std::span<const std::string> args);

}  // namespace hitwatch::redis
