#include "common/oci/corpus_cache.hpp"

#include <system_error>

#include <fmt/format.h>

#include "common/file.hpp"
#include "common/folder.hpp"

namespace ocibench::oci {
namespace {

constexpr std::string_view kBuilding = ".building-";

}  // namespace

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
  remove_abandoned(cache, kBuilding);
  const Result<TemporaryDirectory> workshop = TemporaryDirectory::create(cache, kBuilding);
  if (!workshop) {
    return tl::unexpected(workshop.error());
  }
  const std::filesystem::path unfinished = workshop->path() / "layout";
  if (const Result<void> built = build(unfinished); !built) {
    return tl::unexpected(built.error());
  }
  if (const Result<void> synced = sync_tree(unfinished); !synced) {
    return tl::unexpected(synced.error());
  }
  // Taken: then another process was faster.
  const Result<Renamed> renamed = rename_directory(unfinished, finished);
  const Result<void> done =
      renamed.and_then([&](Renamed) -> Result<void> { return sync_path(cache); });
  if (!done) {
    return tl::unexpected(done.error());
  }
  return Layout::open(finished);
}

}  // namespace ocibench::oci
