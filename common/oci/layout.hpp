#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/byte_stream.hpp"
#include "common/error.hpp"
#include "common/model/corpus.hpp"
#include "common/oci/manifest.hpp"

namespace ocibench::oci {

/// Annotation of index.json that names an image; ours are "repository:tag".
inline constexpr std::string_view kRefNameAnnotation = "org.opencontainers.image.ref.name";

/// A blob on its way into a layout: hashed while written, under a temporary name until commit().
class BlobWriter {
 public:
  BlobWriter(BlobWriter&&) noexcept;
  BlobWriter& operator=(BlobWriter&&) noexcept;
  BlobWriter(const BlobWriter&) = delete;
  BlobWriter& operator=(const BlobWriter&) = delete;
  ~BlobWriter();  ///< removes what was not committed

  Result<void> write(std::string_view bytes);
  /// Renames to its digest; an equal blob that is there already stays.
  Result<BlobInfo> commit();

 private:
  friend class Layout;
  struct State;
  explicit BlobWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// An OCI image layout directory, image-spec 1.1 image-layout.md. Files that the specification does
/// not know are ignored; symbolic links inside it are not followed. Reading and writing different
/// blobs from several threads is safe.
class Layout {
 public:
  /// Errors: not_found, bad_input (no layout, other version).
  static Result<Layout> open(std::filesystem::path directory);
  /// Makes an empty layout. Errors: io, conflict (there is one).
  static Result<Layout> create(std::filesystem::path directory);

  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

  /// The descriptors of index.json. Errors: as parse_manifest, io.
  [[nodiscard]] Result<std::vector<Descriptor>> images() const;
  /// Replaces index.json.
  Result<void> set_images(std::vector<Descriptor> images);

  [[nodiscard]] bool has_blob(std::string_view digest) const;
  [[nodiscard]] Result<std::uint64_t> blob_bytes(std::string_view digest) const;
  /// A small blob whole, its digest checked: manifests, configs.
  [[nodiscard]] Result<std::string> read_blob(std::string_view digest,
                                              std::uint64_t max_bytes) const;
  /// A blob as a stream. Errors: bad_input (digest), not_found, io.
  [[nodiscard]] Result<ByteSource> open_blob(std::string_view digest) const;

  [[nodiscard]] Result<BlobWriter> new_blob() const;
  Result<BlobInfo> put_blob(std::string_view bytes) const;

  /// The closure of one image, every blob's presence and size checked.
  [[nodiscard]] Result<std::vector<ManifestInfo>> closure(std::string_view digest) const;

 private:
  explicit Layout(std::filesystem::path directory);
  [[nodiscard]] Result<std::filesystem::path> blob_path(std::string_view digest) const;
  std::filesystem::path directory_;
};

/// The images of a layout that are named "repository:tag", with their closures.
/// Errors: those of Layout::images and Layout::closure.
Result<std::vector<ResolvedImage>> named_images(const Layout& layout);

}  // namespace ocibench::oci
