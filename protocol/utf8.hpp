#pragma once

#include <string>
#include <string_view>

namespace ocibench::protocol {

/// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

/// `text` with every byte that is not part of a well-formed sequence replaced by '?'. The size
/// stays the same, so that a limit that held before holds after.
std::string mend_utf8(std::string_view text);

}  // namespace ocibench::protocol
