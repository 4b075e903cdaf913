#include "agent/latest_slow_commands.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include "collectors/lookups/label_value.h"
#include "collectors/redis/command_keys.h"

namespace hitwatch {
namespace {

std::string shown_label(std::string_view raw) {
  std::string scratch;
  return std::string(lookups::label_value(raw, scratch));
}

}  // namespace

LatestSlowCommands::LatestSlowCommands()
    : matcher_(std::make_unique<keys::Matcher>(std::vector<keys::Rule>())) {}

void LatestSlowCommands::configure(const std::vector<keys::Rule>& patterns) {
  auto matcher = std::make_unique<keys::Matcher>(patterns);
  const std::scoped_lock lock(mutex_);
  matcher_.swap(matcher);
}

void LatestSlowCommands::keep_only(const std::set<std::string>& targets) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(kept_, [&](const auto& command) { return !targets.contains(command.target); });
}

void LatestSlowCommands::polled(const redis::Target& target, const redis::PollResult& result) {
  if (result.slow == nullptr) return;
  std::vector<const redis::SlowCommand*> fresh;
  for (const redis::SlowCommand& command : result.slow->commands) fresh.push_back(&command);
  std::ranges::sort(fresh, {}, &redis::SlowCommand::id);

  const std::scoped_lock lock(mutex_);
  for (const redis::SlowCommand* command : fresh) {
    if (has(result.slow->run, *command)) continue;
    const std::string name = target.name();
    make_room(name);
    ShownSlowCommand kept = shown(*command);
    kept.target = name;
    kept.run = result.slow->run;
    kept_.push_back(std::move(kept));
  }
}

ShownSlowCommand LatestSlowCommands::shown(const redis::SlowCommand& command) {
  ShownSlowCommand shown;
  shown.id = command.id;
  shown.logged_at = command.logged_at;
  shown.duration = command.duration;
  shown.operation = redis::operation_of(command.args);
  shown.text = redis::redacted_text(command.args);
  if (const auto key = redis::first_key(command.args)) {
    const keys::Match match = matcher_->match(*key);
    shown.type = shown_label(match.type);
    shown.tenant = shown_label(match.tenant);
  }
  shown.client_address = command.client_address;
  shown.client_name = command.client_name;
  return shown;
}

bool LatestSlowCommands::has(const std::string& run, const redis::SlowCommand& command) const {
  return std::ranges::any_of(kept_, [&](const ShownSlowCommand& kept) {
    return kept.id == command.id && kept.logged_at == command.logged_at && kept.run == run;
  });
}

void LatestSlowCommands::make_room(const std::string& target) {
  const auto of_target = std::ranges::count(kept_, target, &ShownSlowCommand::target);
  if (static_cast<std::size_t>(of_target) >= kMostOfTarget) {
    kept_.erase(std::ranges::find(kept_, target, &ShownSlowCommand::target));
  } else if (kept_.size() >= kMost) {
    kept_.pop_front();
  }
}

std::vector<ShownSlowCommand> LatestSlowCommands::newest(std::string_view target) const {
  std::vector<ShownSlowCommand> commands;
  {
    const std::scoped_lock lock(mutex_);
    for (const ShownSlowCommand& command : std::views::reverse(kept_)) {
      if (target.empty() || command.target == target) commands.push_back(command);
    }
  }
  std::ranges::stable_sort(commands, std::ranges::greater(), &ShownSlowCommand::logged_at);
  return commands;
}

}  // namespace hitwatch
