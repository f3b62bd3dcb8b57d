#pragma once

namespace ocibench {

/// One function object from several lambdas, for std::visit:
/// https://en.cppreference.com/w/cpp/utility/variant/visit
template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

}  // namespace ocibench
