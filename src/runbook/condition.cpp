#include "runbook/condition.h"

#include <algorithm>

#include "base/format.h"
#include "config/problems.h"
#include "runbook/comparison.h"
#include "runbook/expressions.h"
#include "runbook/template.h"

namespace pgcleave::runbook {

namespace {

struct Token {
  enum class Kind { end, sign, bracket, word, text };  // text: quoted or a reference, never an operator
  Kind kind = Kind::end;
  std::string text;
  std::size_t column = 0;
};

Error malformed(std::size_t column, const std::string& what) {
  return {ErrorKind::invalid,
          "",
          fmt::format("the condition is malformed at its character {}: {}", column, what),
          "",
          "",
          "a condition is like ${params.mode} == 'fast' and not ${lag.bytes} > 16MiB",
          ""};
}

class Tokens {
 public:
  explicit Tokens(const std::string& text) : text_(text) {}

  Result<Token> next() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    if (at_ == text_.size()) return Token{Token::Kind::end, "", at_ + 1};
    const char c = text_[at_];
    if (c == '(' || c == ')') return token(Token::Kind::bracket, 1);
    if (c == '\'' || c == '"') return until(c, 1, Token::Kind::text);
    if (text_.compare(at_, 2, "${") == 0) return until('}', 0, Token::Kind::text);
    for (const auto* sign : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (text_.compare(at_, std::string(sign).size(), sign) == 0)
        return token(Token::Kind::sign, std::string(sign).size());
    }
    const auto end = text_.find_first_of(" \n()'\"$=!<>", at_);
    const auto bytes = (end == std::string::npos ? text_.size() : end) - at_;
    if (bytes == 0) return fail(malformed(at_ + 1, fmt::format("'{}' is not expected", c)));
    return token(Token::Kind::word, bytes);
  }

 private:
  Token token(Token::Kind kind, std::size_t bytes) {
    Token out{kind, text_.substr(at_, bytes), at_ + 1};
    at_ += bytes;
    return out;
  }
  // Up to the closing character; `trim` characters are left out at both ends.
  Result<Token> until(char close, std::size_t trim, Token::Kind kind) {
    const auto end = text_.find(close, at_ + 1);
    if (end == std::string::npos) return fail(malformed(at_ + 1, fmt::format("there is no closing {}", close)));
    auto out = token(kind, end + 1 - at_);
    out.text = out.text.substr(trim, out.text.size() - 2 * trim);
    return out;
  }

  const std::string& text_;
  std::size_t at_ = 0;
};

class Parser {
 public:
  explicit Parser(const std::string& text) : tokens_(text) {}

  Result<Condition> parse() {
    TRY(advance());
    TRY_ASSIGN(auto condition, any());
    if (token_.kind != Token::Kind::end) return fail(unexpected());
    return condition;
  }

 private:
  Result<void> advance() {
    TRY_ASSIGN(token_, tokens_.next());
    return {};
  }
  [[nodiscard]] bool is(Token::Kind kind, const char* text) const { return token_.kind == kind && token_.text == text; }
  [[nodiscard]] Error unexpected() const {
    if (token_.kind == Token::Kind::end) return malformed(token_.column, "it ends here");
    return malformed(token_.column, fmt::format("{} is not expected", config::shown(token_.text)));
  }

  Result<Condition> any() { return chain(Condition::Kind::any, "or", &Parser::all); }
  Result<Condition> all() { return chain(Condition::Kind::all, "and", &Parser::negation); }

  Result<Condition> chain(Condition::Kind kind, const char* word, Result<Condition> (Parser::*part)()) {
    Condition out;
    out.kind = kind;
    while (true) {
      TRY_ASSIGN(auto next, (this->*part)());
      out.parts.push_back(std::move(next));
      if (!is(Token::Kind::word, word)) break;
      TRY(advance());
    }
    if (out.parts.size() > 1) return out;
    auto only = std::move(out.parts.front());
    return only;
  }

  Result<Condition> negation() {
    constexpr int deepest = 32;
    if (depth_ == deepest) return fail(malformed(token_.column, "it is nested too deeply"));
    ++depth_;
    auto out = is(Token::Kind::word, "not") ? negated() : is(Token::Kind::bracket, "(") ? in_brackets() : comparison();
    --depth_;
    return out;
  }

  Result<Condition> negated() {
    TRY(advance());
    TRY_ASSIGN(auto inner, negation());
    Condition out;
    out.kind = Condition::Kind::negation;
    out.parts.push_back(std::move(inner));
    return out;
  }

  Result<Condition> in_brackets() {
    TRY(advance());
    TRY_ASSIGN(auto inner, any());
    if (!is(Token::Kind::bracket, ")")) return fail(unexpected());
    TRY(advance());
    return inner;
  }

  Result<Condition> comparison() {
    Condition out;
    TRY_ASSIGN(out.left, operand());
    if (token_.kind != Token::Kind::sign) return out;
    out.kind = Condition::Kind::comparison;
    out.sign = token_.text;
    TRY(advance());
    TRY_ASSIGN(out.right, operand());
    return out;
  }

  Result<std::string> operand() {
    const bool keyword =
        token_.kind == Token::Kind::word && (token_.text == "and" || token_.text == "or" || token_.text == "not");
    if (keyword || (token_.kind != Token::Kind::word && token_.kind != Token::Kind::text)) return fail(unexpected());
    auto text = token_.text;
    TRY(cut(text));
    TRY(advance());
    return text;
  }

  Tokens tokens_;
  Token token_;
  int depth_ = 0;
};

}  // namespace

Result<Condition> parse_condition(const std::string& text) {
  constexpr std::size_t longest_bytes = 4096;
  if (text.size() > longest_bytes) return fail(malformed(longest_bytes, "it is longer than 4 KiB"));
  return Parser(text).parse();
}

namespace {

Result<bool> evaluate(const Condition& condition, const Scope& scope);

Result<bool> boolean(const std::string& operand, const Scope& scope) {
  TRY_ASSIGN(const auto value, resolve(operand, scope));
  const auto text = as_text(value);
  if (text == "true" || text == "false") return text == "true";
  return fail({ErrorKind::invalid, "", "a value that stands alone in a condition must be true or false", "",
               config::shown(text), "compare it: ${step.output} == 'value'", ""});
}

// All parts are evaluated, also when the first decides: a reference that is unknown is an error whatever the others
// say.
Result<bool> evaluate_parts(const Condition& condition, const Scope& scope) {
  std::vector<bool> parts;
  for (const auto& part : condition.parts) {
    TRY_ASSIGN(const bool value, evaluate(part, scope));
    parts.push_back(value);
  }
  const auto is_true = [](bool value) { return value; };
  if (condition.kind == Condition::Kind::negation) return !parts.front();
  if (condition.kind == Condition::Kind::any) return std::any_of(parts.begin(), parts.end(), is_true);
  return std::all_of(parts.begin(), parts.end(), is_true);
}

Result<bool> evaluate(const Condition& condition, const Scope& scope) {
  if (condition.kind == Condition::Kind::alone) return boolean(condition.left, scope);
  if (condition.kind != Condition::Kind::comparison) return evaluate_parts(condition, scope);
  TRY_ASSIGN(const auto left, resolve(condition.left, scope));
  TRY_ASSIGN(const auto right, resolve(condition.right, scope));
  return compare(left, condition.sign, right);
}

}  // namespace

Result<bool> evaluate_condition(const std::string& condition, const Scope& scope) {
  TRY_ASSIGN(const auto parsed, parse_condition(condition));
  return evaluate(parsed, scope);
}

Result<void> check_condition(const std::string& condition) {
  return parse_condition(condition).map([](const auto&) {});
}

}  // namespace pgcleave::runbook
