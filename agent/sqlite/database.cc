#include "agent/sqlite/database.h"

namespace hitwatch::sqlite {

Error last_error(sqlite3* database) {
  return {sqlite3_extended_errcode(database), sqlite3_errmsg(database)};
}

Result<void> execute(sqlite3* database, const std::string& sql) {
  if (sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return std::unexpected(last_error(database));
}

Result<std::optional<std::int64_t>> query_number(sqlite3* database, std::string_view sql) {
  Statement statement(database, sql);
  const auto row = statement.step();
  if (!row) return std::unexpected(row.error());
  return *row ? statement.optional_number() : std::nullopt;
}

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database) {
  sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement_, nullptr);
}

// What finalize returns is the error of the last step, which was told.
Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::bind(std::string_view text) {
  sqlite3_bind_text64(statement_, ++parameter_, text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(std::int64_t number) {
  sqlite3_bind_int64(statement_, ++parameter_, number);
  return *this;
}

Statement& Statement::bind(const std::optional<std::int64_t>& number) {
  if (number) return bind(*number);
  sqlite3_bind_null(statement_, ++parameter_);
  return *this;
}

Result<bool> Statement::step() {
  column_ = 0;
  // One that could not be prepared: the reason is still the database's last error.
  if (statement_ == nullptr) return std::unexpected(last_error(database_));
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  std::optional<Error> error;
  if (code != SQLITE_DONE) error = last_error(database_);
  sqlite3_reset(statement_);
  parameter_ = 0;
  if (error) return std::unexpected(*std::move(error));
  return false;
}

std::string Statement::text() {
  const int column = column_++;
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::int64_t Statement::number() { return sqlite3_column_int64(statement_, column_++); }

std::optional<std::int64_t> Statement::optional_number() {
  const int column = column_++;
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return sqlite3_column_int64(statement_, column);
}

}  // namespace hitwatch::sqlite
