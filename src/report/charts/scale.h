// From values to places on the paper.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace pgcleave::report {

struct Tick {
  double value = 0;
  std::string label;
};

// Round numbers from `from` to `to`, about `wanted` of them; the first is not below `from`, the last not above `to`.
std::vector<double> round_numbers(double from, double to, int wanted);
// The round number that is not below `value`: where an axis may end.
double round_up(double value);

// Milliseconds on an axis that begins at zero.
std::vector<Tick> time_ticks(double from, double to, int wanted);

// A logarithmic axis over whole decades of milliseconds that holds all values; what is zero or less is put at its
// beginning.
class LogScale {
 public:
  LogScale(double least, double most, double left, double right);
  [[nodiscard]] double at(double value) const;
  [[nodiscard]] std::vector<Tick> ticks() const;

 private:
  double from_;  // exponents
  double to_;
  double left_;
  double right_;
};

// Time with its idle stretches cut out: nothing happens while a person sleeps over an approval, so the paper is not
// spent on it.
class BrokenScale {
 public:
  struct Break {
    double from = 0;  // values
    double to = 0;
    double x = 0;  // its middle on the paper
  };
  // `busy`: from and to of all that happens.
  BrokenScale(std::vector<std::pair<double, double>> busy, double left, double right);
  [[nodiscard]] double at(double value) const;
  [[nodiscard]] const std::vector<Break>& breaks() const { return breaks_; }
  [[nodiscard]] std::vector<Tick> ticks(int wanted) const;

 private:
  struct Piece {
    double from = 0;
    double to = 0;
    double left = 0;
    double right = 0;
  };
  std::vector<Piece> pieces_;
  std::vector<Break> breaks_;
};

}  // namespace pgcleave::report
