#pragma once

namespace ocibench {

/// One function object from several lambdas, for std::visit:
/// https://en.cppreference.com/w/cpp/utility/variant/visit
template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
/// Implied in C++20, but clang 16 does not deduce aggregates yet (P1816).
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

}  // namespace ocibench
