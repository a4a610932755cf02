#pragma once
#include "lab.h"
#include "patroni_config.h"
#include "ports.h"
#include "up.h"

namespace pgcleave_lab {

// What a lab will consist of, and its files; nothing runs yet.
void describe(Lab& lab, const UpOptions& options, PortReservation& ports);
void check_folder(const Lab& lab);  // fails if the servers could not work in it
void write_files(const Lab& lab, const Passwords& passwords);

}  // namespace pgcleave_lab
