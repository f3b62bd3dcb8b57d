#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "common/aws/s3.hpp"
#include "common/error.hpp"

namespace ocibench::aws {

struct UploadLimits {
  std::uint64_t single_bytes = 64ULL * 1024 * 1024;  ///< larger files go in parts
  std::uint64_t part_bytes = 16ULL * 1024 * 1024;    ///< at most 10,000 of them: 156 GiB
};

/// A file, and where it goes.
struct FileUpload {
  std::filesystem::path file;
  std::string key;
  std::string sha256;  ///< of the file, 64 hexadecimal digits
};

enum class Uploaded { now, was_there };

/// Stores a file and asks for it again: returns when S3 has it with this SHA-256. What is there
/// already, whole or in parts, is not sent again, so a call that failed is simply repeated. An
/// object with other content is replaced. `moved` is told of bytes as they arrive there. Errors:
/// those of Bucket; io; conflict (the file is not what `sha256` says, or S3 has something else than
/// was sent); limit (too many parts).
Result<Uploaded> upload_file(Bucket& bucket, const FileUpload& upload,
                             const std::function<void(std::uint64_t bytes)>& moved,
                             UploadLimits limits = {});

}  // namespace ocibench::aws
