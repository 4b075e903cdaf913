// Lets so many do something at the same time; the others wait for their turn, in their order. Of
// the executor's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>

namespace hitwatch {

class Turns {
 public:
  // A turn ends when it is released.
  using Turn = std::shared_ptr<void>;

  Turns(boost::asio::any_io_executor executor, std::size_t most);
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  // Calls `begin` with a turn, at once or later. Who has lost interest meanwhile releases it.
  // Nobody is called after the Turns have gone.
  void take(std::function<void(Turn)> begin);

 private:
  struct State;
  static Turn make(const std::shared_ptr<State>& state);
  static void end(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;
};

}  // namespace hitwatch
