#include "common/catalog/data_directory.hpp"

#include <system_error>

#include <fmt/format.h>

#include "common/trust.hpp"

namespace ocibench::catalog {
namespace {

namespace fs = std::filesystem;

bool holds_data(const fs::path& folder) {
  std::error_code error;
  return fs::is_directory(folder / "competitors", error) &&
         fs::is_directory(folder / "scenarios", error);
}

Result<fs::path> trusted_data(fs::path folder) {
  if (const auto distrust = find_distrust(folder)) {
    return fail(ErrorCode::bad_input,
                fmt::format("definitions in {} are not read: {}", folder.string(), *distrust));
  }
  return folder;
}

}  // namespace

Result<fs::path> find_data_directory(const std::optional<fs::path>& explicit_path,
                                     const fs::path& executable) {
  if (explicit_path) {
    if (holds_data(*explicit_path)) {
      return trusted_data(*explicit_path);
    }
    return fail(ErrorCode::not_found, fmt::format("{} does not hold competitors/ and scenarios/",
                                                  explicit_path->string()));
  }
  const fs::path folder = executable.parent_path();
  const fs::path installed = (folder / "../share/ocibench").lexically_normal();
  if (holds_data(installed)) {
    return trusted_data(installed);
  }
  for (fs::path above = folder; above.has_relative_path(); above = above.parent_path()) {
    if (holds_data(above)) {
      return trusted_data(above);
    }
  }
  return fail(ErrorCode::not_found,
              fmt::format("competitors/ and scenarios/ are neither in {} nor in a folder above {}; "
                          "say where they are with --data",
                          installed.string(), folder.string()));
}

}  // namespace ocibench::catalog
