#pragma once

#include <string>
#include <string_view>

#include "common/error.hpp"

namespace ocibench::oci {

/// "repository:tag", which is also how our layouts name images.
std::string image_name(std::string_view repository, std::string_view tag);

/// conflict: "tag moved: <what> is <now> and was locked as <locked>".
Error tag_moved(std::string_view what, std::string_view now, std::string_view locked);

}  // namespace ocibench::oci
