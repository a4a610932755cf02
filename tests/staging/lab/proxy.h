#pragma once
#include <string>

#include "lab.h"

namespace pgcleave_lab {

// One process that stands in every link by which pgcleave reaches a server, and can spoil each of them.
int proxy(const Lab& lab);

struct FaultOptions {
  std::string link, what, text;  // text: of the request, for swallow-next-reply
  int ms = 0;
};
// Asks the lab's proxy. Prints how much was really hit on this link since the last fault was set.
int fault(const Lab& lab, const FaultOptions& options);

std::string proxy_socket(const Lab& lab);

}  // namespace pgcleave_lab
