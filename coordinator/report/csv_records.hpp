#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"

namespace ocibench::coordinator {

/// The records of a CSV text (RFC 4180, section 2), the header first.
/// Errors: bad_input naming the record: no header, a quote that is not closed or stands in the
/// middle of a field, or a record with another number of fields than the header.
Result<std::vector<std::vector<std::string>>> parse_csv(std::string_view text);

}  // namespace ocibench::coordinator
