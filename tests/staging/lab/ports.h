#pragma once
#include <map>
#include <string>

namespace pgcleave_lab {

// Finds free loopback ports and holds them bound until the process that needs one is about to start.
//
// They lie below the kernel's ephemeral range on purpose: a port from bind(0) may be taken as the source port of any
// outgoing connection while its server is dead, and the server could then not be restarted.
class PortReservation {
 public:
  PortReservation() = default;
  ~PortReservation();
  PortReservation(const PortReservation&) = delete;
  PortReservation& operator=(const PortReservation&) = delete;

  int take();
  void hand_over(int port);  // closes it; whoever starts next may bind

 private:
  std::map<int, int> held_;  // port to descriptor
};

}  // namespace pgcleave_lab
