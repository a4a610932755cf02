// A simulated program has one thread, so that every run can be repeated and fork() copies all of it: what is started as
// a thread runs at once, to its end. These two functions take the place of libstdc++'s own (GCC 12), through which
// std::async begins and ends its threads.
#include <thread>

namespace std {

void thread::_M_start_thread(_State_ptr state, void (*)()) {
  state->_M_run();
}

void thread::join() {}

}  // namespace std
