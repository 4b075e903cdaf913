// `keys.check.groups`: the keys of a database and their memory by group.
#include <utility>

#include "collectors/keyspace/check_step.h"
#include "collectors/keyspace/key_scan.h"

namespace hitwatch::keyspace {
namespace {

class GroupsStep : public CheckStep {
 public:
  GroupsStep(CheckRound& round, int database, GroupNames& names)
      : round_(round),
        database_(database),
        names_(names),
        scan_(round.conversation, database, "", round.options.scan_count) {}

  void run(Done done) override {
    done_ = std::move(done);
    if (names_.too_costly()) {
      round_.fell_short(Shortfall::kGroupsGivenUp);
      done_(std::nullopt);
    } else if (round_.server.may_have_keys(database_)) {
      next_page();
    } else {
      tell();
    }
  }

 private:
  void next_page() {
    scan_.next([this](auto page) { on_page(std::move(page)); });
  }
  void on_page(std::expected<KeyScan::Page, net::Error> page);
  bool take_cut_name(const std::string& name);
  void take_memory(const std::vector<std::string>& names, const Conversation::Replies& replies);
  void go_on(bool last);
  void tell();
  void tell_group(const std::string& label, const KeyGroup& group);

  CheckRound& round_;
  const int database_;
  GroupNames& names_;
  KeyScan scan_;
  GroupTally tally_;
  Done done_;
};

void GroupsStep::on_page(std::expected<KeyScan::Page, net::Error> page) {
  if (!page) return done_(std::move(page.error()));
  if (page->refused) {
    round_.fell_short(Shortfall::kScanRefused);
    return done_(std::nullopt);
  }
  auto names = std::move(page->names);
  keep_own_keys(round_, names, false);
  std::erase_if(names, [this](const std::string& name) { return take_cut_name(name); });
  std::vector<Question> questions;
  for (const std::string& name : names) {
    questions.push_back(
        {.command = Command::kMemoryUsage, .arguments = {name}, .found_by_scan = true});
  }
  round_.conversation.ask(database_, std::move(questions),
                          [this, names = std::move(names), last = page->last](auto replies) {
                            if (!replies) return done_(std::move(replies.error()));
                            take_memory(names, *replies);
                            go_on(last);
                          });
}

// Of a name that is not here in full nothing can be asked. It is too long for the patterns anyway.
bool GroupsStep::take_cut_name(const std::string& name) {
  if (name.size() < kLongestString) return false;
  round_.fell_short(Shortfall::kMemoryUnknown);
  tally_.add(names_.name_of(name), std::nullopt);
  return true;
}

void GroupsStep::take_memory(const std::vector<std::string>& names,
                             const Conversation::Replies& replies) {
  for (std::size_t i = 0; i < names.size() && !names_.too_costly(); ++i) {
    std::optional<std::uint64_t> bytes;
    if (replies[i]) {
      const auto counted = replies[i]->as_integer();
      if (!counted) continue;  // it has gone since
      bytes = static_cast<std::uint64_t>(*counted);
    } else {
      round_.fell_short(Shortfall::kMemoryUnknown);
    }
    tally_.add(names_.name_of(names[i]), bytes);
  }
}

void GroupsStep::go_on(bool last) {
  if (names_.too_costly()) {
    round_.fell_short(Shortfall::kGroupsGivenUp);
    done_(std::nullopt);
  } else if (last) {
    tell();
  } else {
    next_page();
  }
}

void GroupsStep::tell() {
  if (scan_.uncertain()) round_.fell_short(Shortfall::kCountUncertain);
  if (tally_.overflowed()) round_.fell_short(Shortfall::kGroupsCut);
  const std::string label = database_label(database_);
  round_.add(redis::Metric::kDistinctKeyGroups, static_cast<double>(tally_.distinct()),
             {{"db", label}});
  for (const KeyGroup& group : tally_.largest(round_.options.max_groups)) tell_group(label, group);
  done_(std::nullopt);
}

void GroupsStep::tell_group(const std::string& label, const KeyGroup& group) {
  const std::string name = label_text(group.name);
  round_.add(redis::Metric::kKeyGroupCount, static_cast<double>(group.keys),
             {{"db", label}, {"key_group", name}});
  if (group.unmeasured > 0) return;
  round_.add(redis::Metric::kKeyGroupMemoryUsage, static_cast<double>(group.bytes),
             {{"db", label}, {"key_group", name}});
}

}  // namespace

std::unique_ptr<CheckStep> make_groups_step(CheckRound& round, int database, GroupNames& names) {
  return std::make_unique<GroupsStep>(round, database, names);
}

}  // namespace hitwatch::keyspace
