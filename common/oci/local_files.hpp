#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "common/error.hpp"
#include "common/model/corpus.hpp"
#include "common/oci/layout.hpp"

namespace ocibench::oci {

/// Which files may be read because a corpus names them.
struct LocalFileAccess {
  /// Those below these folders, wherever symbolic links lead. Absent: any, for a corpus of whoever
  /// runs this process.
  std::optional<std::vector<std::filesystem::path>> folders;
};

/// The same with every path resolved. Errors: not_found, in the same words for a file that is not
/// there and for one that may not be read: whoever has sent the paths must not learn which exist.
Result<LocalFileSpec> permitted_files(const LocalFileSpec& spec, const LocalFileAccess& access);

/// The images of `spec` in one layout below `cache`: OCI layouts are copied (and so checked),
/// `docker save` archives imported. Made once per content of the files. Errors: bad_input (not
/// found in the file, damaged), not_found (also where `access` forbids it), io.
Result<Layout> local_layout(const LocalFileSpec& spec, const std::filesystem::path& cache,
                            const LocalFileAccess& access = {});

}  // namespace ocibench::oci
