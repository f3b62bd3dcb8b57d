#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ocibench {

/// ASCII only, whatever the locale: names of headers, schemes, hosts.
std::string lower_case(std::string_view text);

/// Text from outside, `max_bytes` of it at most, control characters as spaces: fit for a message,
/// and unable to steer a terminal.
std::string printable(std::string_view text, std::size_t max_bytes = std::string_view::npos);

}  // namespace ocibench
