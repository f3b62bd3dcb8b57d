#pragma once

#include <string>
#include <string_view>

#include "common/error.hpp"

namespace ocibench {

/// Two lower-case digits for each byte.
std::string to_hex(std::string_view bytes);
/// The inverse; upper case is accepted. Errors: bad_input.
Result<std::string> from_hex(std::string_view digits);

}  // namespace ocibench
