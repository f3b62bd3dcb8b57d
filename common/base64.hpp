#pragma once

#include <string>
#include <string_view>

#include "common/error.hpp"

namespace ocibench {

/// RFC 4648, section 4, with padding and without line breaks.
std::string base64_encode(std::string_view bytes);
/// The strict inverse. Errors: bad_input.
Result<std::string> base64_decode(std::string_view text);

}  // namespace ocibench
