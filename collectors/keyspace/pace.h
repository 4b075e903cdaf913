// Spends at most a part of a server's time.
#pragma once

#include <chrono>
#include <cstddef>

namespace hitwatch::keyspace {

class Pace {
 public:
  using Duration = std::chrono::steady_clock::duration;

  // `budget`: the part of the server's time that may be taken; 1 is as fast as it goes.
  explicit Pace(double budget) : budget_(budget) {}

  // How long a command that costs the server nothing takes on the way: of several, the quickest.
  void note_idle(Duration round_trip);
  // So many commands were answered in one round trip. Returns how long to wait before the next.
  // What they seem to have cost is believed within bounds; beyond these the server is busy with
  // others' work, and the pause is up to four times as long.
  Duration after(Duration round_trip, std::size_t commands);

  bool unpaced() const { return budget_ >= 1; }
  std::chrono::duration<double> server_time() const { return server_time_; }

 private:
  const double budget_;
  Duration idle_ = Duration::max();
  double caution_ = 1;
  std::chrono::duration<double> server_time_{0};
};

}  // namespace hitwatch::keyspace
