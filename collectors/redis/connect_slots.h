// How many connections are being made at a time: a start, a reload or a network that comes back
// should not open thousands at once.
//
// There are two lanes, with as many slots each. Who was reached the last time, or was never tried,
// takes the prompt lane. A target whose last connect timed out takes the other one, so that those
// that hang wait for each other only. A connect of the prompt lane that has gone on for a second
// hangs as well: if others wait, it moves to the other lane, while that has room.
//
// Of one thread, that of the executor; figures() may be called by any.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace hitwatch::redis {

class ConnectSlots {
 public:
  enum class Lane : std::uint8_t { kPrompt, kHanging };
  struct Bounds {
    std::size_t lane = 256;  // slots of each
    std::chrono::milliseconds prompt{1000};
  };

  explicit ConnectSlots(boost::asio::any_io_executor executor);
  ConnectSlots(boost::asio::any_io_executor executor, Bounds bounds);
  ~ConnectSlots();
  ConnectSlots(const ConnectSlots&) = delete;
  ConnectSlots& operator=(const ConnectSlots&) = delete;

  // A slot, or the wait for one. Releasing it frees the slot, or ends the wait. It may outlive the
  // ConnectSlots.
  class Slot;
  struct Release {
    void operator()(Slot* slot) const;
  };
  using Taken = std::unique_ptr<Slot, Release>;
  // `granted` is called once the slot may be used; never from within, nor after the release. Those
  // of a lane get their slots in the order in which they came.
  Taken take(Lane lane, std::function<void()> granted);

  struct Figures {
    std::size_t in_flight = 0;
    std::size_t waiting = 0;
    std::uint64_t granted = 0;  // so far
  };
  Figures figures() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace hitwatch::redis
