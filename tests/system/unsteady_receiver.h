// A receiver of webhooks that answers, fails, hangs, resets connections or is away, as it is told,
// and remembers what it was sent.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace hitwatch::test {

enum class Answering {
  kAccepts,  // 200
  kFails,    // 500
  kBusy,     // 429 with Retry-After: 1
  kRefuses,  // 400
  kHangs,    // says nothing, and closes when its ways change
  kResets,   // reads the request, then resets the connection
  kAway,     // nobody listens
};

struct ReceivedRequest {
  std::chrono::steady_clock::time_point arrived;  // all of it
  std::map<std::string, std::string> headers;     // names in lower case
  std::string body;
  int status = 0;  // of the answer; 0: none
};

class UnsteadyReceiver {
 public:
  UnsteadyReceiver();
  ~UnsteadyReceiver();
  UnsteadyReceiver(const UnsteadyReceiver&) = delete;
  UnsteadyReceiver& operator=(const UnsteadyReceiver&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }
  // From now on. Connections that hang are closed.
  void answer(Answering answering);
  // All requests whose answer was chosen so far.
  std::vector<ReceivedRequest> requests() const;
  std::size_t count() const;

 private:
  void listen();
  void serve();
  void accept_one();
  void talk(int socket);
  bool take(int socket, ReceivedRequest request);

  int port_;
  std::atomic<Answering> answering_ = Answering::kAccepts;
  std::atomic<bool> stopping_ = false;
  int listener_ = -1;  // of the serving thread
  mutable std::mutex mutex_;
  std::vector<ReceivedRequest> requests_;
  std::vector<std::thread> talks_;
  std::thread serving_;
};

}  // namespace hitwatch::test
