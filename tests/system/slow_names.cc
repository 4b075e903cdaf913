// Preloaded into a program under test: lookups of names below .example never end. Each leaves a
// file behind, so that a test knows when one is under way.
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  if (node == nullptr || !std::string_view(node).ends_with(".example")) {
    using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, "getaddrinfo"))(node, service, hints,
                                                                       result);
  }
  const int mark = open(std::getenv("LOOKUP_MARK"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (mark >= 0) close(mark);
  while (true) pause();
}
