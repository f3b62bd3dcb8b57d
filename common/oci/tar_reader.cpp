#include "common/oci/tar_reader.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include "common/units.hpp"

namespace ocibench::oci {
namespace {

constexpr std::size_t kReadBytes = kMiB;

TarEntryKind kind_of(::archive_entry* entry) {
  if (archive_entry_symlink(entry) != nullptr) {
    return TarEntryKind::symbolic_link;
  }
  return archive_entry_filetype(entry) == AE_IFREG ? TarEntryKind::file : TarEntryKind::other;
}

}  // namespace

struct TarReader::Stream {
  Stream(const std::filesystem::path& wanted_path, const TarLimits& wanted_limits)
      : path(wanted_path.string()), limits(wanted_limits) {
    OCIBENCH_ASSERT(reader != nullptr);
  }

  [[nodiscard]] tl::unexpected<Error> refuse(ErrorCode code, std::string_view why = {}) const {
    const char* const said = archive_error_string(reader.get());
    const std::string_view known = said != nullptr ? said : "no tar archive";
    return fail(code, fmt::format("{}: {}", path, why.empty() ? known : why));
  }

  std::string path;
  TarLimits limits;
  std::uint64_t entries = 0;
  std::unique_ptr<::archive, int (*)(::archive*)> reader{archive_read_new(), &archive_read_free};
};

Result<TarReader> TarReader::open(const std::filesystem::path& path, const TarLimits& limits) {
  auto stream = std::make_unique<Stream>(path, limits);
  // Only plain tar: a compressed one would let a small file unpack without end.
  archive_read_support_format_tar(stream->reader.get());
  if (archive_read_open_filename(stream->reader.get(), path.c_str(), kReadBytes) != ARCHIVE_OK) {
    return stream->refuse(ErrorCode::bad_input);
  }
  return TarReader(std::move(stream));
}

TarReader::TarReader(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {}
TarReader::TarReader(TarReader&&) noexcept = default;
TarReader& TarReader::operator=(TarReader&&) noexcept = default;
TarReader::~TarReader() = default;

Result<std::optional<TarEntry>> TarReader::next() {
  const TarLimits& limits = stream_->limits;
  ::archive_entry* entry = nullptr;
  const int status = archive_read_next_header(stream_->reader.get(), &entry);
  if (status == ARCHIVE_EOF) {
    return std::optional<TarEntry>{};
  }
  if (status != ARCHIVE_OK) {
    return stream_->refuse(ErrorCode::bad_input);
  }
  if (++stream_->entries > limits.max_entries) {
    return stream_->refuse(ErrorCode::limit,
                           fmt::format("more than {} entries", limits.max_entries));
  }
  const char* const name = archive_entry_pathname(entry);
  if (name == nullptr || std::string_view(name).size() > limits.max_path_bytes) {
    return stream_->refuse(ErrorCode::limit, "an entry's name is too long or unreadable");
  }
  const auto size = static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_size(entry), 0));
  if (size > limits.max_entry_bytes || archive_entry_sparse_count(entry) > 0) {
    return stream_->refuse(ErrorCode::limit, fmt::format("{} is sparse or has more than {} bytes",
                                                         name, limits.max_entry_bytes));
  }
  const char* const link = archive_entry_symlink(entry);
  return TarEntry{.name = name, .kind = kind_of(entry), .link = link != nullptr ? link : ""};
}

Result<void> TarReader::content(const ByteSink& sink) {
  std::vector<char> buffer(kReadBytes);
  for (;;) {
    const la_ssize_t got = archive_read_data(stream_->reader.get(), buffer.data(), buffer.size());
    if (got < 0) {
      return stream_->refuse(ErrorCode::bad_input);
    }
    if (got == 0) {
      return {};
    }
    if (Result<void> taken = sink({buffer.data(), static_cast<std::size_t>(got)}); !taken) {
      return taken;
    }
  }
}

Result<std::string> TarReader::small_content(std::uint64_t max_bytes) {
  std::string text;
  return content([&](std::string_view bytes) -> Result<void> {
           if (bytes.size() > max_bytes - text.size()) {
             return stream_->refuse(ErrorCode::limit,
                                    fmt::format("a JSON entry has more than {} bytes", max_bytes));
           }
           text += bytes;
           return {};
         })
      .map([&] { return std::move(text); });
}

}  // namespace ocibench::oci
