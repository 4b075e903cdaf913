// Spends at most a part of a server's time.
#pragma once

#include <chrono>

namespace hitwatch::keyspace {

class Pace {
 public:
  using Duration = std::chrono::steady_clock::duration;

  // `budget`: the part of the server's time that may be taken; 1 is as fast as it goes.
  explicit Pace(double budget) : budget_(budget) {}

  // How long a command that costs the server nothing takes on the way: of several, the quickest.
  void note_idle(Duration round_trip);
  // A batch of work was answered. Returns how long to wait before the next. Whatever else keeps the
  // server busy is taken for ours, and a batch that takes much longer than usual for a sign of
  // load, upon which the part is halved for a while: so this backs off. A second at most, also
  // where the budget asks for more: a round has to end.
  Duration after(Duration round_trip);

  bool unpaced() const { return budget_ >= 1; }
  std::chrono::duration<double> server_time() const { return server_time_; }

 private:
  const double budget_;
  Duration idle_ = Duration::max();
  std::chrono::duration<double> usual_{0};
  double caution_ = 1;
  std::chrono::duration<double> server_time_{0};
};

}  // namespace hitwatch::keyspace
