#include "agent/turns.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace hitwatch {

struct Turns::State {
  boost::asio::any_io_executor executor;
  std::size_t left;
  std::deque<std::function<void(Turn)>> waiting;
};

Turns::Turns(boost::asio::any_io_executor executor, std::size_t most)
    : state_(std::make_shared<State>(std::move(executor), most)) {}

void Turns::take(std::function<void(Turn)> begin) {
  if (state_->left == 0) {
    state_->waiting.push_back(std::move(begin));
    return;
  }
  --state_->left;
  begin(make(state_));
}

Turns::Turn Turns::make(const std::shared_ptr<State>& state) {
  // What it points to is of no matter, but it must not be null.
  return {state.get(), [weak = std::weak_ptr(state)](void*) {
            if (const auto alive = weak.lock()) end(alive);
          }};
}

// The next one begins in a call of its own: who releases a turn does not expect to be called.
void Turns::end(const std::shared_ptr<State>& state) {
  if (state->waiting.empty()) {
    ++state->left;
    return;
  }
  auto next = std::move(state->waiting.front());
  state->waiting.pop_front();
  boost::asio::post(state->executor, [next = std::move(next), turn = make(state)] { next(turn); });
}

}  // namespace hitwatch
