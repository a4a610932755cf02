#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "base/log.h"
#include "base/side_thread.h"
#include "cli/command_line.h"

int main(int argc, char** argv) {
  const int code = pgcleave::cli::main(argc, argv);
  const bool said = pgcleave::log::await_said(pgcleave::Deadline::in(std::chrono::seconds(1)));
  if (said && !pgcleave::SideThread::any_left_behind()) return code;
  // A thread sits in a call that does not end, and may use what destructors would take away.
  std::cout.flush();
  std::_Exit(code);
}
