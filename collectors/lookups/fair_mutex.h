// A mutex that goes round: who holds it and takes it again at once does not keep out those that
// wait, as a std::mutex lets it.
#pragma once

#include <mutex>

namespace hitwatch::lookups {

// Lockable. Of those that wait one stands at the door, and the next lock() stops behind it.
class FairMutex {
 public:
  void lock() {
    const std::scoped_lock door(door_);
    mutex_.lock();
  }
  void unlock() { mutex_.unlock(); }

 private:
  std::mutex door_;
  std::mutex mutex_;
};

}  // namespace hitwatch::lookups
