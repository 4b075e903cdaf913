// A receiver of OTLP/HTTP in a process of its own, which reads requests and looks at nothing in
// them.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <string>

namespace hitwatch::bench {

enum class ReceiverWay {
  kAnswers,  // 200
  kHangs     // reads, and says nothing
};

class OtlpReceiver {
 public:
  // Call while this process has one thread.
  explicit OtlpReceiver(ReceiverWay way);
  ~OtlpReceiver() { end(); }
  OtlpReceiver(const OtlpReceiver&) = delete;
  OtlpReceiver& operator=(const OtlpReceiver&) = delete;

  std::uint16_t port() const { return port_; }
  // How many requests there were, and the bytes of their bodies: "120, 7.1 MB".
  std::string summary() const;
  void end();

 private:
  struct Seen {
    std::atomic<std::uint64_t> requests;
    std::atomic<std::uint64_t> bytes;
  };
  [[noreturn]] static void serve(int listener, ReceiverWay way, Seen& seen);

  std::uint16_t port_ = 0;
  Seen* seen_ = nullptr;  // of both processes
  pid_t process_ = -1;
};

}  // namespace hitwatch::bench
