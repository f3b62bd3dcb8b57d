#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ocibench {

/// The words of a text in lines of at most `width` bytes, as far as words allow it; one line, and
/// that empty, for a text without words.
std::vector<std::string> wrap_words(std::string_view text, std::size_t width);

}  // namespace ocibench
