// A map whose keys mostly come in ascending order, such as those of a sequence: in one piece of memory, since each path
// forks and copies what it touches.
#pragma once

#include <boost/container/flat_map.hpp>

namespace pgcleave::simulation {

template <class Key, class Value>
using Ascending = boost::container::flat_map<Key, Value>;

}  // namespace pgcleave::simulation
