#include "cli/verb.h"

int main(int argc, char** argv) { return pgcleave::cli::main(argc, argv); }
