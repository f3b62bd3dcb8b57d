#include "common/oci/lock.hpp"

#include <fmt/format.h>

namespace ocibench::oci {

std::string image_name(std::string_view repository, std::string_view tag) {
  return fmt::format("{}:{}", repository, tag);
}

Error tag_moved(std::string_view what, std::string_view now, std::string_view locked) {
  return {ErrorCode::conflict,
          fmt::format("tag moved: {} is {} and was locked as {}", what, now, locked)};
}

}  // namespace ocibench::oci
