#include "runbook/comparison.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <variant>

#include "base/format.h"
#include "base/lsn.h"
#include "base/units.h"
#include "config/problems.h"
#include "runbook/template.h"

namespace pgcleave::runbook {
namespace {

// The index tells the kind: two values compare as what they are only if both are of one kind.
using Measured = std::variant<std::string, double, std::int64_t, Duration, Bytes, Lsn>;

template <class Number>
bool is_number(const std::string& text, Number& value) {
  const bool begins_well = !text.empty() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'));
  const auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  return begins_well && status == std::errc() && rest == text.data() + text.size();
}

Measured measure(const std::string& text) {
  std::int64_t whole = 0;
  if (is_number(text, whole)) return whole;
  double number = 0;
  if (is_number(text, number) && std::isfinite(number)) return number;
  if (const auto duration = parse_duration(text)) return *duration;
  if (const auto bytes = parse_bytes(text)) return *bytes;
  if (const auto lsn = parse_lsn(text)) return *lsn;
  return text;
}

bool is_any_number(const Measured& value) {
  return std::holds_alternative<double>(value) || std::holds_alternative<std::int64_t>(value);
}

double to_double(const Measured& value) {
  const auto* whole = std::get_if<std::int64_t>(&value);
  return whole != nullptr ? static_cast<double>(*whole) : std::get<double>(value);
}

template <class T>
bool decide(const T& left, const std::string& sign, const T& right) {
  if (sign == "==") return left == right;
  if (sign == "!=") return left != right;
  if (sign == "<") return left < right;
  if (sign == "<=") return left <= right;
  if (sign == ">") return left > right;
  return left >= right;
}

}  // namespace

Result<bool> compare(const Json& left, const std::string& sign, const Json& right) {
  const auto left_text = as_text(left);
  const auto right_text = as_text(right);
  const auto a = measure(left_text);
  const auto b = measure(right_text);
  if (a.index() == b.index()) {
    return std::visit(
        [&](const auto& value) { return decide(value, sign, std::get<std::decay_t<decltype(value)>>(b)); }, a);
  }
  if (is_any_number(a) && is_any_number(b)) return decide(to_double(a), sign, to_double(b));
  if (sign == "==" || sign == "!=") return decide(left_text, sign, right_text);
  return fail({ErrorKind::invalid, "",
               fmt::format("there is no order between {} and {}", config::shown(left_text), config::shown(right_text)),
               "two durations, sizes, numbers, LSNs or texts", "", "give both the same unit", ""});
}

}  // namespace pgcleave::runbook
