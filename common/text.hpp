#pragma once

#include <string>
#include <string_view>

namespace ocibench {

/// ASCII only, whatever the locale: names of headers, schemes, hosts.
std::string lower_case(std::string_view text);

/// At most `max_bytes` of text from outside, control characters as spaces: fit for a message.
std::string printable(std::string_view text, std::size_t max_bytes);

}  // namespace ocibench
