#include <malloc.h>

#include "agent/cli/cli.h"

int main(int argc, char** argv) {
  // Large blocks come from the kernel and go back to it. Left alone, glibc takes ever larger ones
  // from its heap, where the answers to scrapes and the past of lookups leave holes: twice the
  // memory with many tenants.
  constexpr int kLargeBlock = 256 * 1024;
  mallopt(M_MMAP_THRESHOLD, kLargeBlock);
  return hitwatch::cli::main(argc, argv);
}
