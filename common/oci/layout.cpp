#include "common/oci/layout.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "common/fd.hpp"
#include "common/file.hpp"
#include "common/json.hpp"
#include "common/model/limits.hpp"
#include "common/oci/closure.hpp"
#include "common/oci/digest.hpp"
#include "common/sha256.hpp"

namespace ocibench::oci {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kVersion = "1.0.0";
constexpr std::uint64_t kMaxMarkerBytes = 4096;

Result<std::string> read_plain_file(const fs::path& path, std::uint64_t max_bytes) {
  std::error_code ignored;
  if (fs::is_symlink(fs::symlink_status(path, ignored))) {
    return fail(ErrorCode::bad_input,
                fmt::format("{} is a symbolic link; an OCI layout has none", path.string()));
  }
  return read_file(path, max_bytes);
}

Result<void> check_version(const fs::path& directory) {
  const fs::path marker = directory / "oci-layout";
  const Result<std::string> text = read_plain_file(marker, kMaxMarkerBytes);
  if (!text) {
    return fail(text.error(), fmt::format("{} is no OCI layout", directory.string()));
  }
  const Result<Json> json = parse_json(*text, marker.string());
  const Result<JsonObject> object =
      json ? JsonObject::open(*json, marker.string()) : tl::unexpected(json.error());
  const Result<std::string> version =
      object ? object->text("imageLayoutVersion") : tl::unexpected(object.error());
  if (!version) {
    return tl::unexpected(version.error());
  }
  if (*version != kVersion) {
    return fail(ErrorCode::bad_input, fmt::format("{}: layout version {} is not {}",
                                                  marker.string(), *version, kVersion));
  }
  return {};
}

/// A blob's file, never through a symbolic link.
Result<Fd> open_plain_file(const fs::path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) {
    if (errno == ENOENT) {
      return fail(ErrorCode::not_found, fmt::format("no such blob: {}", path.string()));
    }
    return fail_errno(fmt::format("cannot open {}", path.string()), errno);
  }
  return fd;
}

}  // namespace

struct BlobWriter::State {
  Fd fd;
  fs::path temporary;
  fs::path directory;  // where the digest becomes the name
  Sha256 hash;
  std::uint64_t bytes = 0;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (!temporary.empty()) {
      ::unlink(temporary.c_str());
    }
  }
};

BlobWriter::BlobWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
BlobWriter::BlobWriter(BlobWriter&&) noexcept = default;
BlobWriter& BlobWriter::operator=(BlobWriter&&) noexcept = default;
BlobWriter::~BlobWriter() = default;

Result<void> BlobWriter::write(std::string_view bytes) {
  state_->hash.update(bytes);
  state_->bytes += bytes.size();
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(state_->fd.get(), bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) {
      continue;
    }
    if (wrote < 0) {
      return fail_errno(fmt::format("cannot write {}", state_->temporary.string()), errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

Result<BlobInfo> BlobWriter::commit() {
  const std::string hex = state_->hash.finish_hex();
  const fs::path name = state_->directory / hex;
  if (::fchmod(state_->fd.get(), 0644) != 0 || ::close(state_->fd.release()) != 0 ||
      ::rename(state_->temporary.c_str(), name.c_str()) != 0) {
    return fail_errno(fmt::format("cannot write {}", name.string()), errno);
  }
  state_->temporary.clear();
  return BlobInfo{"sha256:" + hex, state_->bytes};
}

Layout::Layout(fs::path directory) : directory_(std::move(directory)) {}

Result<Layout> Layout::open(fs::path directory) {
  if (const Result<void> version = check_version(directory); !version) {
    return tl::unexpected(version.error());
  }
  for (const char* inside : {"blobs", "blobs/sha256", "blobs/sha512"}) {
    std::error_code ignored;
    if (fs::is_symlink(fs::symlink_status(directory / inside, ignored))) {
      return fail(ErrorCode::bad_input, fmt::format("{} is a symbolic link; an OCI layout has none",
                                                    (directory / inside).string()));
    }
  }
  return Layout(std::move(directory));
}

Result<Layout> Layout::create(fs::path directory) {
  std::error_code error;
  if (fs::exists(directory / "oci-layout", error)) {
    return fail(ErrorCode::conflict,
                fmt::format("{} is an OCI layout already", directory.string()));
  }
  fs::create_directories(directory / "blobs" / "sha256", error);
  if (error) {
    return fail(ErrorCode::io,
                fmt::format("cannot create {}: {}", directory.string(), error.message()));
  }
  Layout layout(std::move(directory));
  Result<void> written = layout.set_images({});
  if (written) {
    written = write_file_atomically(layout.directory_ / "oci-layout",
                                    dump_json(Json{{"imageLayoutVersion", kVersion}}));
  }
  return written.map([&] { return std::move(layout); });
}

Result<std::vector<Descriptor>> Layout::images() const {
  const fs::path path = directory_ / "index.json";
  const Result<std::string> text = read_plain_file(path, kMaxManifestBytes);
  if (!text) {
    return tl::unexpected(text.error());
  }
  return parse_manifest(*text, media_type::kOciIndex)
      .map([](Manifest index) { return std::move(index.children); })
      .map_error([&](const Error& error) { return error.with_context(path.string()); });
}

Result<void> Layout::set_images(std::vector<Descriptor> images) {
  const Manifest index{.media_type = std::string(media_type::kOciIndex),
                       .children = std::move(images)};
  return write_file_atomically(directory_ / "index.json", write_manifest(index));
}

Result<fs::path> Layout::blob_path(std::string_view digest) const {
  // A digest that passes holds neither a slash nor a dot: it cannot lead out of the directory.
  return parse_digest(digest).map([&](const std::string& valid) {
    const std::size_t colon = valid.find(':');
    return directory_ / "blobs" / valid.substr(0, colon) / valid.substr(colon + 1);
  });
}

bool Layout::has_blob(std::string_view digest) const { return blob_bytes(digest).has_value(); }

Result<std::uint64_t> Layout::blob_bytes(std::string_view digest) const {
  const Result<fs::path> path = blob_path(digest);
  if (!path) {
    return tl::unexpected(path.error());
  }
  struct stat status {};
  if (::lstat(path->c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(ErrorCode::not_found, fmt::format("no such blob: {}", path->string()));
  }
  return static_cast<std::uint64_t>(status.st_size);
}

Result<std::string> Layout::read_blob(std::string_view digest, std::uint64_t max_bytes) const {
  const Result<std::uint64_t> size = blob_bytes(digest);
  if (!size) {
    return tl::unexpected(size.error());
  }
  if (*size > max_bytes) {
    return fail(ErrorCode::limit,
                fmt::format("{} has {} bytes, more than {}", digest, *size, max_bytes));
  }
  DigestVerifier verifier(digest, *size);
  std::string content;
  const Result<void> read = open_blob(digest)
                                .and_then([&](const ByteSource& source) {
                                  return pump(source, [&](std::string_view bytes) {
                                    content += bytes;
                                    return verifier.update(bytes);
                                  });
                                })
                                .and_then([&] { return verifier.finish(); });
  return read.map([&] { return std::move(content); });
}

Result<ByteSource> Layout::open_blob(std::string_view digest) const {
  const Result<fs::path> path = blob_path(digest);
  Result<Fd> fd = path ? open_plain_file(*path) : tl::unexpected(path.error());
  if (!fd) {
    return tl::unexpected(fd.error());
  }
  // Shared because a std::function must be copyable.
  return [file = std::make_shared<Fd>(std::move(*fd)),
          name = path->string()](std::span<char> buffer) -> Result<std::size_t> {
    for (;;) {
      const ssize_t got = ::read(file->get(), buffer.data(), buffer.size());
      if (got >= 0) {
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR) {
        return fail_errno(fmt::format("cannot read {}", name), errno);
      }
    }
  };
}

Result<BlobWriter> Layout::new_blob() const {
  auto state = std::make_unique<BlobWriter::State>();
  state->directory = directory_ / "blobs" / "sha256";
  std::string name = (state->directory / ".tmp-XXXXXX").string();
  state->fd = Fd(::mkostemp(name.data(), O_CLOEXEC));
  if (!state->fd) {
    return fail_errno(fmt::format("cannot create a file in {}", state->directory.string()), errno);
  }
  state->temporary = std::move(name);
  return BlobWriter(std::move(state));
}

Result<BlobInfo> Layout::put_blob(std::string_view bytes) const {
  return new_blob().and_then(
      [&](BlobWriter blob) { return blob.write(bytes).and_then([&] { return blob.commit(); }); });
}

Result<std::vector<ManifestInfo>> Layout::closure(std::string_view digest) const {
  auto manifests = closure_of(
      digest, [this](std::string_view each) { return read_blob(each, kMaxManifestBytes); });
  if (!manifests) {
    return fail(manifests.error(), directory_.string());
  }
  for (const ManifestInfo& manifest : *manifests) {
    for (const BlobInfo& blob : manifest.blobs) {
      const Result<std::uint64_t> size = blob_bytes(blob.digest);
      if (!size) {
        return tl::unexpected(size.error());
      }
      if (*size != blob.size_bytes) {
        return fail(ErrorCode::bad_input,
                    fmt::format("{}: {} has {} bytes, its manifest says {}", directory_.string(),
                                blob.digest, *size, blob.size_bytes));
      }
    }
  }
  return manifests;
}

Result<std::vector<ResolvedImage>> named_images(const Layout& layout) {
  const auto listed = layout.images();
  if (!listed) {
    return tl::unexpected(listed.error());
  }
  std::vector<ResolvedImage> images;
  for (const Descriptor& image : *listed) {
    const auto name = image.annotations.find(std::string(kRefNameAnnotation));
    if (name == image.annotations.end()) {
      continue;
    }
    auto closure = layout.closure(image.digest);
    if (!closure) {
      return tl::unexpected(closure.error());
    }
    const std::size_t colon = name->second.rfind(':');
    images.push_back({.repository = name->second.substr(0, colon),
                      .tag = name->second.substr(colon + 1),
                      .digest = image.digest,
                      .manifests = *std::move(closure)});
  }
  return images;
}

}  // namespace ocibench::oci
