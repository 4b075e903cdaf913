// SQLite, as far as files of state need it: statements whose errors are values.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace hitwatch::sqlite {

// SQLite's own (extended) result code and text.
struct Error {
  int code = SQLITE_ERROR;
  std::string text;
};
template <typename T>
using Result = std::expected<T, Error>;

Error last_error(sqlite3* database);
// Statements without results.
Result<void> execute(sqlite3* database, const std::string& sql);
// The first column of the first row; nothing if there is no row.
Result<std::optional<std::int64_t>> query_number(sqlite3* database, std::string_view sql);

// A prepared statement. Parameters and columns are taken in their order.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(std::string_view text);  // valid until the next step
  Statement& bind(std::int64_t number);
  Statement& bind(const std::optional<std::int64_t>& number);

  // True if there is a row. After an error, or once there is none, the statement may be bound and
  // run again.
  Result<bool> step();

  // Of the row, from left to right.
  std::string text();
  std::int64_t number();
  std::optional<std::int64_t> optional_number();

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
  int parameter_ = 0;
  int column_ = 0;
};

}  // namespace hitwatch::sqlite
