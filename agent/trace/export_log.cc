#include "agent/trace/export_log.h"

#include <array>
#include <utility>

namespace hitwatch::trace {
namespace {

constexpr std::chrono::minutes kTroublePause{1};

constexpr auto kTroubleTexts = std::to_array<std::string_view>(
    {"the receiver of traces does not accept spans; they are tried again",
     "the receiver of traces refuses spans",
     "the receiver of traces has something to say of what it accepted",
     "spans are dropped because the receiver of traces did not accept them for too long",
     "spans are dropped because too many wait for the receiver of traces"});

}  // namespace

void ExportLog::trouble(Trouble trouble, std::string_view endpoint, std::string_view reason,
                        std::uint64_t spans, Clock::time_point now) {
  const auto [said, is_first] = said_.try_emplace(trouble, Said{now});
  said->second.spans += spans;
  if (!is_first && now - said->second.at < kTroublePause) return;
  log_.warn(kTroubleTexts[static_cast<std::size_t>(trouble)],
            {{"endpoint", endpoint},
             {"reason", reason},
             {"spans_lost", std::to_string(said->second.spans)}});
  said->second = {now};
  if (trouble == Trouble::kTriedAgain) said_failing_ = true;
}

void ExportLog::accepted(std::string_view endpoint) {
  if (!std::exchange(said_failing_, false)) return;
  log_.info("the receiver of traces accepts spans again", {{"endpoint", endpoint}});
}

void ExportLog::left(std::uint64_t spans) {
  log_.warn("spans are dropped that were not sent in time",
            {{"spans_lost", std::to_string(spans)}});
}

}  // namespace hitwatch::trace
