// The command line: which subcommand does what.
#pragma once

namespace hitwatch::cli {

// Exit codes: 0 success, 1 failure, 2 wrong usage. Passwords among the arguments are overwritten in
// `argv`, so that the process list does not show them.
int main(int argc, char** argv);

}  // namespace hitwatch::cli
