#include "common/aws/s3_upload.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "common/base64.hpp"
#include "common/hex.hpp"
#include "common/sha256.hpp"

namespace ocibench::aws {
namespace {

constexpr std::size_t kMostParts = 10'000;  // S3's own limit

struct Range {
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0;
};

/// A part of a file as a stream that can be started again.
SourceFactory range_of(const std::filesystem::path& path, Range range) {
  return [path, range]() -> Result<ByteSource> {
    const std::shared_ptr<std::FILE> file(std::fopen(path.c_str(), "rbe"), [](std::FILE* open) {
      if (open != nullptr) {
        std::fclose(open);
      }
    });
    if (!file || ::fseeko(file.get(), static_cast<off_t>(range.offset), SEEK_SET) != 0) {
      return fail_errno(fmt::format("cannot read {}", path.string()), errno);
    }
    return [path, file,
            left = range.size_bytes](std::span<char> buffer) mutable -> Result<std::size_t> {
      const std::size_t wanted = std::min<std::uint64_t>(buffer.size(), left);
      const std::size_t got = std::fread(buffer.data(), 1, wanted, file.get());
      if (got < wanted && got == 0) {
        return fail(ErrorCode::io,
                    fmt::format("{} became shorter while it was read", path.string()));
      }
      left -= got;
      return got;
    };
  };
}

/// Of one part; `whole` takes its bytes too.
Result<std::string> sha256_of(const SourceFactory& open, Sha256& whole) {
  const Result<ByteSource> source = open();
  if (!source) {
    return tl::unexpected(source.error());
  }
  Sha256 hash;
  const Result<void> read = pump(*source, [&](std::string_view bytes) -> Result<void> {
    hash.update(bytes);
    whole.update(bytes);
    return {};
  });
  return read ? Result<std::string>(hash.finish_hex()) : tl::unexpected(read.error());
}

std::string checksum_from_hex(const std::string& sha256) {
  return base64_encode(from_hex(sha256).value_or(std::string()));
}

/// What S3 says of an object in parts, but for the "-<count>" behind it: the checksum of their
/// checksums.
std::string checksum_of_parts(const std::vector<Payload>& parts) {
  std::string all;
  for (const Payload& part : parts) {
    all += from_hex(part.sha256).value_or(std::string());
  }
  return checksum_from_hex(sha256_hex(all));
}

/// The file as parts, each with its sum. Errors: io, limit, conflict (another file by now).
Result<std::vector<Payload>> parts_of(const FileUpload& upload, std::uint64_t size,
                                      std::uint64_t part_bytes) {
  const std::filesystem::path& file = upload.file;
  std::vector<Payload> parts;
  Sha256 whole;
  for (Range range{0, 0}; range.offset < size; range.offset += range.size_bytes) {
    range.size_bytes = std::min(part_bytes, size - range.offset);
    Payload part{.open = range_of(file, range), .size_bytes = range.size_bytes};
    Result<std::string> sha256 = sha256_of(part.open, whole);
    if (!sha256) {
      return tl::unexpected(sha256.error());
    }
    part.sha256 = std::move(*sha256);
    parts.push_back(std::move(part));
    if (parts.size() > kMostParts) {
      return fail(ErrorCode::limit,
                  fmt::format("{} has more than {} parts", file.string(), kMostParts));
    }
  }
  if (whole.finish_hex() != upload.sha256) {
    return fail(ErrorCode::conflict, fmt::format("{} has changed", file.string()));
  }
  return parts;
}

Result<void> send_parts(Bucket& bucket, const std::string& key, const std::vector<Payload>& parts,
                        const std::function<void(std::uint64_t)>& moved) {
  const Result<std::optional<PartUpload>> begun = bucket.find_parts(key);
  if (!begun) {
    return tl::unexpected(begun.error());
  }
  const Result<PartUpload> upload = *begun ? Result<PartUpload>(**begun) : bucket.start_parts(key);
  const auto stored = upload && *begun ? bucket.parts(*upload) : std::vector<StoredPart>{};
  if (!upload || !stored) {
    return tl::unexpected(upload ? stored.error() : upload.error());
  }
  std::vector<StoredPart> all;
  for (const Payload& part : parts) {
    const int number = static_cast<int>(all.size()) + 1;
    const auto there = std::ranges::find_if(*stored, [&](const StoredPart& each) {
      return each.number == number && each.size_bytes == part.size_bytes &&
             each.checksum_sha256 == checksum_from_hex(part.sha256);
    });
    Result<StoredPart> sent = there == stored->end() ? bucket.put_part(*upload, number, part)
                                                     : Result<StoredPart>(*there);
    if (!sent) {
      return tl::unexpected(sent.error());
    }
    all.push_back(std::move(*sent));
    moved(part.size_bytes);
  }
  return bucket.finish_parts(*upload, all);
}

Result<bool> has(Bucket& bucket, const std::string& key, std::uint64_t size,
                 const std::string& checksum) {
  return bucket.head(key).map([&](const std::optional<StoredObject>& stored) {
    // Not every store that speaks S3's language writes the count of parts.
    return stored && stored->size_bytes == size &&
           stored->checksum_sha256.substr(0, stored->checksum_sha256.find('-')) == checksum;
  });
}

}  // namespace

Result<Uploaded> upload_file(Bucket& bucket, const FileUpload& upload,
                             const std::function<void(std::uint64_t bytes)>& moved,
                             UploadLimits limits) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(upload.file, error);
  if (error) {
    return fail_errno(fmt::format("cannot read {}", upload.file.string()), error.value());
  }
  const bool in_parts = size > limits.single_bytes;
  const Result<std::vector<Payload>> parts =
      in_parts ? parts_of(upload, size, limits.part_bytes) : std::vector<Payload>{};
  if (!parts) {
    return tl::unexpected(parts.error());
  }
  const std::string checksum =
      in_parts ? checksum_of_parts(*parts) : checksum_from_hex(upload.sha256);
  const Result<bool> there = has(bucket, upload.key, size, checksum);
  if (!there || *there) {
    if (there) {
      moved(size);
    }
    return there ? Result<Uploaded>(Uploaded::was_there) : tl::unexpected(there.error());
  }
  const Result<void> sent =
      in_parts ? send_parts(bucket, upload.key, *parts, moved)
               : bucket.put(upload.key, {range_of(upload.file, {0, size}), size, upload.sha256});
  if (!sent) {
    return tl::unexpected(sent.error());
  }
  if (!in_parts) {
    moved(size);
  }
  const Result<bool> arrived = has(bucket, upload.key, size, checksum);
  if (!arrived) {
    return tl::unexpected(arrived.error());
  }
  return *arrived ? Result<Uploaded>(Uploaded::now)
                  : fail(ErrorCode::conflict,
                         fmt::format("s3://{}/{} does not have the SHA-256 of what was sent",
                                     bucket.name(), upload.key));
}

}  // namespace ocibench::aws
