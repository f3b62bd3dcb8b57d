#pragma once

#include <string_view>

#include "common/error.hpp"
#include "common/json.hpp"

namespace ocibench::testing_support {

/// Reads as much of YAML 1.2 as the files of competitors/ have: block mappings and sequences, plain
/// texts, texts in double quotes with the escapes \" \\ \uXXXX, and flow sequences of plain texts.
/// Anything else is an error, as is a key that is there twice. A plain text is a number, a boolean,
/// null or a text as in the core schema. Errors: bad_input with the line.
Result<Json> parse_strict_yaml(std::string_view text);

}  // namespace ocibench::testing_support
