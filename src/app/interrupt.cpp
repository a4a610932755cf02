#include "app/interrupt.h"

#include <csignal>

namespace pgcleave::app {
namespace {

StopFlag flag;  // lock-free, so a signal handler may set it

void on_signal(int) {
  flag.request();
}

}  // namespace

StopFlag& stop_flag() {
  static const bool installed = [] {
    struct sigaction action{};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
    return true;
  }();
  static_cast<void>(installed);
  return flag;
}

}  // namespace pgcleave::app
