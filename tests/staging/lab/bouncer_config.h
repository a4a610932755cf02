#pragma once
#include <string>

#include "lab.h"
#include "patroni_config.h"

namespace pgcleave_lab {

std::string bouncer_config(const Lab& lab, const Bouncer& bouncer);
std::string bouncer_users(const Passwords& passwords);

}  // namespace pgcleave_lab
