#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocibench {

/// The known name that `name` was most likely meant to be: fewest edits (insert, delete, replace,
/// swap of neighbours), at most a third of its length. Of equally near ones the first.
std::optional<std::string> nearest_name(std::string_view name,
                                        const std::vector<std::string>& known);

/// What to append to "unknown key `headlin`": "; did you mean `headline`?", or the names that are
/// known when none is near.
std::string suggestion(std::string_view name, const std::vector<std::string>& known);

}  // namespace ocibench
