#include "report/charts/scale.h"

#include <algorithm>
#include <cmath>

#include "report/document/display.h"

namespace pgcleave::report {
namespace {

constexpr double width_of_break = 26;
constexpr double shortest_break_ms = 2000;
constexpr double share_of_break = 0.2;  // of all that is busy

// 1, 2 or 5 times a power of ten.
double round_step(double rough) {
  if (!(rough > 0)) return 1;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

// Above a minute people count in minutes and hours.
double round_time_step(double rough) {
  if (rough <= 20'000) return round_step(rough);
  for (const double seconds : {30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400}) {
    if (seconds * 1000 >= rough) return seconds * 1000;
  }
  return round_step(rough);
}

std::vector<double> multiples(double from, double to, double step) {
  // A journal may hold any number: beyond 2^53 the next one is the same one.
  constexpr std::size_t most = 1000;
  std::vector<double> found;
  for (double n = std::ceil(from / step - 1e-9); n * step <= to + step * 1e-9 && found.size() < most; ++n)
    found.push_back(n == 0 ? 0 : n * step);
  return found;
}

std::string tick_label(double ms) {
  return ms == 0 ? "0" : chosen(ms);
}

}  // namespace

std::vector<double> round_numbers(double from, double to, int wanted) {
  return multiples(from, to, round_step((to - from) / std::max(1, wanted)));
}

double round_up(double value) {
  if (!(value > 0)) return 1;
  const double step = round_step(value / 5);
  return std::ceil(value / step - 1e-9) * step;
}

std::vector<Tick> time_ticks(double from, double to, int wanted) {
  std::vector<Tick> ticks;
  for (const double value : multiples(from, to, round_time_step((to - from) / std::max(1, wanted))))
    ticks.push_back({value, tick_label(value)});
  return ticks;
}

LogScale::LogScale(double least, double most, double left, double right)
    : from_(std::floor(std::log10(std::max(least, 0.1)))),
      to_(std::max(from_ + 1, std::ceil(std::log10(std::max(most, 0.1)) - 1e-9))),
      left_(left),
      right_(right) {}

double LogScale::at(double value) const {
  const double exponent = value > 0 ? std::clamp(std::log10(value), from_, to_) : from_;
  return left_ + (right_ - left_) * (exponent - from_) / (to_ - from_);
}

std::vector<Tick> LogScale::ticks() const {
  std::vector<Tick> ticks;
  for (double exponent = from_; exponent <= to_; ++exponent)
    ticks.push_back({std::pow(10, exponent), tick_label(std::pow(10, exponent))});
  return ticks;
}

BrokenScale::BrokenScale(std::vector<std::pair<double, double>> busy, double left, double right) {
  if (busy.empty()) busy.emplace_back(0, 1);
  std::sort(busy.begin(), busy.end());
  double total = 0;
  std::vector<std::pair<double, double>> stretches;
  for (const auto& [from, to] : busy) {
    if (stretches.empty() || from > stretches.back().second) {
      stretches.emplace_back(from, to);
    } else {
      stretches.back().second = std::max(stretches.back().second, to);
    }
  }
  for (const auto& [from, to] : stretches) total += to - from;
  // Short gaps are time like any other.
  std::vector<Piece> kept;
  for (const auto& [from, to] : stretches) {
    if (!kept.empty() && from - kept.back().to < std::max(shortest_break_ms, total * share_of_break)) {
      kept.back().to = to;
    } else {
      kept.push_back({from, to, 0, 0});
    }
  }
  double drawn = 0;
  for (const auto& piece : kept) drawn += piece.to - piece.from;
  const double room = right - left - width_of_break * static_cast<double>(kept.size() - 1);
  double x = left;
  for (auto& piece : kept) {
    piece.left = x;
    piece.right = x + (drawn > 0 ? room * (piece.to - piece.from) / drawn : room);
    x = piece.right + width_of_break;
    if (!pieces_.empty()) breaks_.push_back({pieces_.back().to, piece.from, piece.left - width_of_break / 2});
    pieces_.push_back(piece);
  }
}

double BrokenScale::at(double value) const {
  double x = pieces_.front().left;
  for (const auto& piece : pieces_) {
    if (value < piece.from) return std::max(x, piece.left - width_of_break / 2);
    const double length = piece.to - piece.from;
    x = length > 0 ? piece.left + (piece.right - piece.left) * std::min(1.0, (value - piece.from) / length)
                   : piece.left;
    if (value <= piece.to) return x;
  }
  return x;
}

std::vector<Tick> BrokenScale::ticks(int wanted) const {
  std::vector<Tick> all;
  const double room = pieces_.back().right - pieces_.front().left;
  for (const auto& piece : pieces_) {
    const int share = static_cast<int>(std::lround(wanted * (piece.right - piece.left) / room));
    for (const auto& tick : time_ticks(piece.from, piece.to, std::max(1, share))) all.push_back(tick);
  }
  return all;
}

}  // namespace pgcleave::report
