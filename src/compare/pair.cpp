#include "compare/pair.h"

#include <algorithm>

#include "base/format.h"

namespace pgcleave::compare {
namespace {

// Values are written with all that they hold, whatever the role, the database or the server is set to. Sorted index
// scans are what blocks are made for, and each of them is short: no parallel workers, no compiled code.
constexpr const char* alike =
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; SET search_path TO pg_catalog; SET row_security TO off; "
    "SET DateStyle TO 'ISO, YMD'; SET IntervalStyle TO postgres; SET TimeZone TO 'UTC'; SET extra_float_digits TO 1; "
    "SET bytea_output TO hex; SET standard_conforming_strings TO on; SET lc_monetary TO 'C'; SET quote_all_identifiers "
    "TO off; SET xmloption TO content; "
    "SET statement_timeout TO 0; SET lock_timeout TO '5s'; SET idle_in_transaction_session_timeout TO 0; "
    "SET max_parallel_workers_per_gather TO 0; SET jit TO off";

Result<postgres::Connection> opened_alike(const Open& open, Deadline deadline) {
  TRY_ASSIGN(auto session, open(deadline));
  TRY(session.simple(alike, deadline));
  return session;
}

}  // namespace

Result<Pair> Pair::open(const Open& original, const Open& copy, Deadline deadline) {
  TRY_ASSIGN(auto one, opened_alike(original, deadline));
  TRY_ASSIGN(auto other, opened_alike(copy, deadline));
  return Pair(std::move(one), std::move(other));
}

Result<Pair::Answers> Pair::ask(const std::string& sql, Deadline deadline) {
  return ask(sql, sql, deadline);
}

Result<Pair::Answers> Pair::ask(const std::string& of_original, const std::string& of_copy, Deadline deadline) {
  TRY(original_.send(of_original));
  const auto sent = copy_.send(of_copy);
  auto one = original_.receive(deadline);
  if (!sent) return fail(sent.error());
  auto other = copy_.receive(deadline);
  if (!one) return fail(one.error());
  if (!other) return fail(other.error());
  return Answers{std::move(*one), std::move(*other)};
}

bool may_succeed_later(const Error& error) {
  static const std::array<std::string, 6> codes{"40001", "40P01", "55P03", "57P01", "57P02", "57P03"};
  return error.kind == ErrorKind::unknown || std::find(codes.begin(), codes.end(), error.code) != codes.end();
}

}  // namespace pgcleave::compare
