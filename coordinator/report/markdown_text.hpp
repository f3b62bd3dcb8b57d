#pragma once

#include <string>
#include <string_view>

namespace ocibench::coordinator {

/// Text from outside (causes, labels, facts) as plain text of one line: markup and HTML have no
/// effect, line breaks and control characters become spaces, '|' cannot end a table cell.
std::string markdown_plain(std::string_view text);

/// Text from outside as inline code.
std::string markdown_code(std::string_view text);

/// Four significant digits without exponent: "0.001234", "1.723", "262.1", "12346".
std::string four_digits(double value);

}  // namespace ocibench::coordinator
