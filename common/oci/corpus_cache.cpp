#include "common/oci/corpus_cache.hpp"

#include <system_error>

#include <fmt/format.h>

#include "common/file.hpp"

namespace ocibench::oci {

Result<Layout> cached_layout(
    const std::filesystem::path& cache, std::string_view key,
    const std::function<Result<void>(const std::filesystem::path& directory)>& build) {
  const std::filesystem::path finished = cache / key;
  std::error_code error;
  if (std::filesystem::exists(finished, error)) {
    return Layout::open(finished);
  }
  std::filesystem::create_directories(cache, error);
  if (error) {
    return fail(ErrorCode::io,
                fmt::format("cannot create {}: {}", cache.string(), error.message()));
  }
  const Result<TemporaryDirectory> workshop = TemporaryDirectory::create(cache, ".building-");
  if (!workshop) {
    return tl::unexpected(workshop.error());
  }
  const std::filesystem::path unfinished = workshop->path() / "layout";
  if (const Result<void> built = build(unfinished); !built) {
    return tl::unexpected(built.error());
  }
  std::filesystem::rename(unfinished, finished, error);
  // Renaming onto a directory that is not empty fails: then another process was faster.
  if (error && !std::filesystem::exists(finished)) {
    return fail(ErrorCode::io,
                fmt::format("cannot create {}: {}", finished.string(), error.message()));
  }
  return Layout::open(finished);
}

}  // namespace ocibench::oci
