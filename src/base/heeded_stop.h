// Which stop the waits of this thread heed: those for an answer of a server, a console, a shell or an HTTP request.
// Outside windows a person who stops a run is answered within a second, whatever it waits for. Nothing is heeded unless
// somebody says so: in a window, and while something is undone, waits go by their deadlines alone.
#pragma once

#include "base/deadline.h"

namespace pgcleave {

// As long as it lives, this thread heeds `stop` (null: none), and afterwards what it heeded before. A thread that is
// started heeds none: it is given current().
class HeededStop {
 public:
  explicit HeededStop(const StopFlag* stop);
  HeededStop(const HeededStop&) = delete;
  HeededStop& operator=(const HeededStop&) = delete;
  ~HeededStop();

  static const StopFlag* current();
  static bool requested();
  // Until when a wait may last before requested() is looked at again: the deadline itself where none is heeded.
  static Deadline next_look(Deadline deadline);

 private:
  const StopFlag* before_;
};

}  // namespace pgcleave
