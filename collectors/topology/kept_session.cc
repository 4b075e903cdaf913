#include "collectors/topology/kept_session.h"

#include <utility>

namespace hitwatch::topology {

void KeptSession::ask(Make make, redis::Session::Done done) {
  if (session_ == nullptr) {
    answered_ = false;
    session_ = open_();
  }
  redis::Batch batch = make();
  // The session calls nobody once it is closed, so this is there.
  session_->ask(std::move(batch), [this, make = std::move(make), done = std::move(done)](
                                      std::expected<redis::Session::Answer, net::Error> answer) {
    if (answer) {
      answered_ = true;
      done(std::move(answer));
      return;
    }
    const bool was_closed = answered_ && answer.error().reason == net::Reason::kReset;
    close();
    if (was_closed && !std::exchange(reopened_, true)) {
      ask(make, done);
    } else {
      done(std::move(answer));
    }
  });
}

void KeptSession::close() {
  if (session_ != nullptr) session_->close();
  session_ = nullptr;
}

}  // namespace hitwatch::topology
