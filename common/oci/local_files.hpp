#pragma once

#include <filesystem>

#include "common/error.hpp"
#include "common/model/corpus.hpp"
#include "common/oci/layout.hpp"

namespace ocibench::oci {

/// The images of `spec` in one layout below `cache`: OCI layouts are copied (and so checked),
/// `docker save` archives imported. Made once per content of the files. Errors: bad_input (not
/// found in the file, damaged), not_found, io.
Result<Layout> local_layout(const LocalFileSpec& spec, const std::filesystem::path& cache);

}  // namespace ocibench::oci
