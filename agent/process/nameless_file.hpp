#pragma once

#include <filesystem>

#include "common/error.hpp"
#include "common/fd.hpp"

namespace ocibench::agent {

/// A file on the file system of `directory` that goes with its last descriptor. Errors: io.
Result<Fd> nameless_file(const std::filesystem::path& directory);

}  // namespace ocibench::agent
