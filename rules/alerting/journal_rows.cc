#include "rules/alerting/journal_rows.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "rules/alerting/rule.h"

namespace hitwatch::alerting {
namespace {

constexpr const char* kTables = R"(
CREATE TABLE alert (
  rule TEXT NOT NULL, labels TEXT NOT NULL, annotations TEXT NOT NULL, value TEXT NOT NULL,
  state TEXT NOT NULL, no_data INTEGER NOT NULL, active_at INTEGER NOT NULL, fired_at INTEGER,
  keep_firing_since INTEGER, resolved_at INTEGER, trace_id TEXT NOT NULL,
  PRIMARY KEY (rule, labels)) WITHOUT ROWID;
CREATE TABLE followed (rule_group TEXT PRIMARY KEY NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE transition (
  number INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, from_state TEXT NOT NULL,
  to_state TEXT NOT NULL, reason TEXT NOT NULL, rule TEXT NOT NULL, rule_name TEXT NOT NULL,
  expr TEXT NOT NULL, labels TEXT NOT NULL, annotations TEXT NOT NULL, value TEXT NOT NULL,
  no_data INTEGER NOT NULL, active_at INTEGER NOT NULL, fired_at INTEGER,
  keep_firing_since INTEGER, resolved_at INTEGER, trace_id TEXT NOT NULL);
)";

std::string to_json(const metrics::Labels& labels) {
  auto object = nlohmann::json::object();
  for (const metrics::Label& label : labels) object[label.name] = label.value;
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<metrics::Labels> from_json(const std::string& text) {
  const auto object = nlohmann::json::parse(text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  metrics::Labels labels;
  for (const auto& [name, value] : object.items()) {
    if (!value.is_string()) return std::nullopt;
    labels.push_back(metrics::Label{name, value.get<std::string>()});
  }
  return labels;
}

std::optional<AlertState> state_of(std::string_view text) {
  for (const AlertState state :
       {AlertState::kInactive, AlertState::kPending, AlertState::kFiring}) {
    if (state_text(state) == text) return state;
  }
  return std::nullopt;
}

// SQLite has no NaN.
std::string value_text(double value) { return fmt::format("{}", value); }

std::optional<double> value_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The texts of an alert's columns; a statement keeps no copy.
struct AlertTexts {
  explicit AlertTexts(const Alert& alert)
      : labels(to_json(alert.labels)),
        annotations(to_json(alert.annotations)),
        value(value_text(alert.value)) {}
  std::string labels;
  std::string annotations;
  std::string value;
};

// From `no_data` to the right.
void bind_tail(sqlite::Statement& statement, const Alert& alert) {
  statement.bind(std::int64_t{alert.no_data})
      .bind(alert.active_at)
      .bind(alert.fired_at)
      .bind(alert.keep_firing_since)
      .bind(alert.resolved_at)
      .bind(alert.trace_id);
}

void read_tail(sqlite::Statement& row, Alert& alert) {
  alert.no_data = row.number() != 0;
  alert.active_at = row.number();
  alert.fired_at = row.optional_number();
  alert.keep_firing_since = row.optional_number();
  alert.resolved_at = row.optional_number();
  alert.trace_id = row.text();
}

// Labels, annotations, value. False if they make no sense.
bool read_head(sqlite::Statement& row, Alert& alert) {
  auto labels = from_json(row.text());
  auto annotations = from_json(row.text());
  const auto value = value_of(row.text());
  if (!labels || !annotations || !value) return false;
  alert.labels = *std::move(labels);
  alert.annotations = *std::move(annotations);
  alert.value = *value;
  return true;
}

sqlite::Result<void> run(sqlite::Statement& statement) {
  if (const auto done = statement.step(); !done) return std::unexpected(done.error());
  return {};
}

}  // namespace

const sqlite::StateFile::Schema kJournalSchema{0x68697477, 2, kTables};

AlertRows::AlertRows(sqlite3* database)
    : write_(database,
             "INSERT OR REPLACE INTO alert (rule, state, labels, annotations, value, no_data, "
             "active_at, fired_at, keep_firing_since, resolved_at, trace_id) "
             "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      remove_(database, "DELETE FROM alert WHERE rule = ? AND labels = ?") {}

sqlite::Result<void> AlertRows::write(const std::string& rule, const Alert& alert) {
  const AlertTexts texts(alert);
  write_.bind(rule)
      .bind(state_text(alert.state))
      .bind(texts.labels)
      .bind(texts.annotations)
      .bind(texts.value);
  bind_tail(write_, alert);
  return run(write_);
}

sqlite::Result<void> AlertRows::remove(const std::string& rule, const metrics::Labels& labels) {
  const std::string text = to_json(labels);
  remove_.bind(rule).bind(text);
  return run(remove_);
}

sqlite::Result<std::map<std::pair<std::string, std::string>, Alert>> read_alerts(
    sqlite3* database) {
  sqlite::Statement rows(
      database,
      "SELECT rule, state, labels, annotations, value, no_data, active_at, fired_at, "
      "keep_firing_since, resolved_at, trace_id FROM alert");
  std::map<std::pair<std::string, std::string>, Alert> alerts;
  while (true) {
    const auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return alerts;
    const std::string rule = rows.text();
    const auto state = state_of(rows.text());
    Alert alert;
    if (!state || !read_head(rows, alert)) continue;
    alert.state = *state;
    read_tail(rows, alert);
    const std::string key = label_key(alert.labels);
    alerts.insert_or_assign(std::pair(rule, key), std::move(alert));
  }
}

TransitionRows::TransitionRows(sqlite3* database)
    : write_(database,
             "INSERT OR REPLACE INTO transition (number, time, from_state, to_state, reason, rule, "
             "rule_name, expr, labels, annotations, value, no_data, active_at, fired_at, "
             "keep_firing_since, resolved_at, trace_id) "
             "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") {}

sqlite::Result<void> TransitionRows::write(const NumberedTransition& numbered) {
  const Transition& transition = numbered.transition.transition;
  const AlertTexts texts(transition.alert);
  write_.bind(numbered.number)
      .bind(transition.time)
      .bind(state_text(transition.from))
      .bind(state_text(transition.to))
      .bind(transition.reason)
      .bind(numbered.transition.rule)
      .bind(numbered.transition.rule_name)
      .bind(numbered.transition.expr)
      .bind(texts.labels)
      .bind(texts.annotations)
      .bind(texts.value);
  bind_tail(write_, transition.alert);
  return run(write_);
}

sqlite::Result<std::vector<NumberedTransition>> read_transitions(sqlite3* database) {
  sqlite::Statement rows(
      database,
      "SELECT number, time, from_state, to_state, reason, rule, rule_name, expr, "
      "labels, annotations, value, no_data, active_at, fired_at, keep_firing_since, "
      "resolved_at, trace_id FROM transition ORDER BY number");
  std::vector<NumberedTransition> all;
  while (true) {
    const auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return all;
    NumberedTransition numbered;
    numbered.number = rows.number();
    Transition& transition = numbered.transition.transition;
    transition.time = rows.number();
    const auto from = state_of(rows.text());
    const auto to = state_of(rows.text());
    transition.reason = rows.text();
    numbered.transition.rule = rows.text();
    numbered.transition.rule_name = rows.text();
    numbered.transition.expr = rows.text();
    if (!from || !to || !read_head(rows, transition.alert)) continue;
    transition.from = *from;
    transition.to = *to;
    transition.alert.state = *to;
    read_tail(rows, transition.alert);
    all.push_back(std::move(numbered));
  }
}

}  // namespace hitwatch::alerting
