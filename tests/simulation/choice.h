// What may go wrong. Whatever changes something outside the program, and whatever the program writes down, is a point;
// at each point several things may happen. Who explores says which; nobody else decides anything, so that a run is
// repeated by naming its faults.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pgcleave::simulation {

enum class Outcome {
  ok,
  refused,       // answered with an error: it did not happen
  lost_request,  // no answer: it did not happen
  lost_reply,    // no answer: it happened
  delayed,       // no answer: it arrives later, when nobody expects it any more
  late,          // it happened, and the deadline passed before the answer came
  crash_before,  // the program dies
  crash_after,
  restart,  // it happened, and the server or bouncer was restarted at that moment; a bouncer comes back unpaused, with
            // what its file says
  power_cut,  // the program's machine dies: what was not synced of the journal is gone with it
  frozen,  // the journal's file system does not answer before the process has said how it ended; then the process tells
           // it all
  frozen_lost,  // the same, and the process is killed then: what it had not written is gone
  copied,  // the journal is copied before this record; when the process has ended, the run is taken over with the copy
  source_fails_over,  // it happened; then that side's leader dies, and a member without the last commits leads
  target_fails_over,
};

const char* name_of(Outcome outcome);

enum class Point {
  request,       // to a product, that changes something
  slow_request,  // the same, and it may arrive when everybody has given it up
  look,          // that changes nothing
  record,        // in the journal
  effect,        // before or after an effect
  calm,          // long after all of it
};

// The program has died at a point. Thrown through it; what it holds open is closed, as by the kernel.
struct Died {};

struct Fault {
  int number = 0;  // of the point, counted from where faults may begin
  Outcome outcome = Outcome::ok;
  std::string point;     // its name, for people
  bool telling = false;  // all pairs of such faults are tried
};

// Asked at each point. The one who explores may fork here.
Outcome choose(Point kind, const std::string& name);

// Throws if the outcome is a crash before it, or if the program has died already.
void die_before(Outcome outcome);
void die_after(Outcome outcome);

}  // namespace pgcleave::simulation
