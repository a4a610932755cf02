#pragma once
#include <string>

#include "lab.h"

namespace pgcleave_lab {

// NAME is a server (etcd, main-1, bouncer-2, ...) or a member's PostgreSQL (main-1.postgres).
int kill_server(const Lab& lab, const std::string& name);  // SIGKILL
int stop_server(const Lab& lab, const std::string& name);  // SIGSTOP, with all children
int cont_server(const Lab& lab, const std::string& name);  // SIGCONT, with all children
int restart_server(
    Lab& lab,
    const std::string& name);  // starts it from its recorded command line, if it is dead; returns when it answers

}  // namespace pgcleave_lab
