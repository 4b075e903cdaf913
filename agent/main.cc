#include "agent/cli/cli.h"

int main(int argc, char** argv) { return hitwatch::cli::main(argc, argv); }
