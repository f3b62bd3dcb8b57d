#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ocibench {

/// Images made from a seed; see common/oci/synthetic.hpp for how.
struct SyntheticSpec {
  std::uint64_t seed = 1;
  std::uint32_t images = 1;
  std::uint32_t layers = 4;            ///< per image and platform
  std::uint64_t layer_bytes = 0;       ///< uncompressed size of each layer
  double shared_share = 0;             ///< 0..1: share of each image's layers common to all images
  double compressibility = 0;          ///< 0..1: share of each layer that compresses away
  std::int32_t gzip_level = 1;         ///< 0 (stored) .. 9
  std::vector<std::string> platforms;  ///< "linux/amd64", ...; more than one makes an index
  bool referrer = false;               ///< attach one OCI referrer to the first image
  std::string repository_prefix;       ///< "synthetic/image" gives "synthetic/image-01:1"

  friend bool operator==(const SyntheticSpec&, const SyntheticSpec&) = default;
};

/// Images that exist in a registry already.
struct ReferenceSpec {
  std::vector<std::string> images;  ///< "host/repository:tag"; one host per corpus

  friend bool operator==(const ReferenceSpec&, const ReferenceSpec&) = default;
};

/// Images in files on every agent: an OCI layout directory or a docker-save tar each.
struct LocalFile {
  std::string path;
  std::string repository;
  std::string tag;

  friend bool operator==(const LocalFile&, const LocalFile&) = default;
};
struct LocalFileSpec {
  std::vector<LocalFile> files;

  friend bool operator==(const LocalFileSpec&, const LocalFileSpec&) = default;
};

/// A corpus as its file describes it.
struct CorpusSpec {
  std::string name;
  std::variant<SyntheticSpec, ReferenceSpec, LocalFileSpec> source;

  friend bool operator==(const CorpusSpec&, const CorpusSpec&) = default;
};

struct BlobInfo {
  std::string digest;  ///< "sha256:<hex>"
  std::uint64_t size_bytes = 0;

  friend auto operator<=>(const BlobInfo&, const BlobInfo&) = default;
};

/// One manifest or index and what it names directly.
struct ManifestInfo {
  std::string digest;
  std::string media_type;
  std::uint64_t size_bytes = 0;
  std::vector<BlobInfo> blobs;        ///< config first, then layers; empty for an index
  std::vector<std::string> children;  ///< digests of child manifests; empty unless an index
  std::string platform;               ///< "linux/amd64" as the index says; empty when it does not

  friend bool operator==(const ManifestInfo&, const ManifestInfo&) = default;
};

/// One tag, locked by digest, with its whole closure.
struct ResolvedImage {
  std::string repository;
  std::string tag;
  std::string digest;                   ///< of manifests.front()
  std::vector<ManifestInfo> manifests;  ///< the tagged one first, then its children

  friend bool operator==(const ResolvedImage&, const ResolvedImage&) = default;
};

/// A corpus whose every digest is known. What a campaign works on and what verification expects.
struct ResolvedCorpus {
  std::string name;
  std::string source_host;  ///< where it was resolved; empty for synthetic and local files
  std::vector<ResolvedImage> images;

  friend bool operator==(const ResolvedCorpus&, const ResolvedCorpus&) = default;
};

/// sha256 over the sorted list of (repository, tag, manifest digest, blob digests, sizes): content,
/// not place, so that a registry on a random port does not change it. 64 hex digits.
std::string corpus_sha(const ResolvedCorpus& corpus);

/// The corpus with only its first `images` images; 0: all of them.
ResolvedCorpus first_images(ResolvedCorpus corpus, std::uint32_t images);
/// What a tool that copies one platform only leaves under the tag: that child of the index. The
/// image itself when it is no index or has no such child.
ResolvedImage one_platform(const ResolvedImage& image, std::string_view platform);
/// Every image as the above leaves it; `platform` may be empty: all of them, as they are.
ResolvedCorpus one_platform(ResolvedCorpus corpus, std::string_view platform);
/// Whether one tag names both, before and after it moved.
bool same_tag(const ResolvedImage& image, const ResolvedImage& other);

/// What the tags of `moved` name in this corpus.
std::vector<ResolvedImage> before_the_move(const ResolvedCorpus& corpus,
                                           const std::vector<ResolvedImage>& moved);

/// The corpus after some of its tags have moved. Requires: each of `moved` is a tag of the corpus.
ResolvedCorpus with_moved(ResolvedCorpus corpus, const std::vector<ResolvedImage>& moved);

/// Bytes of all blobs and manifests that a copy has to move when equal blobs are moved once.
std::uint64_t unique_bytes(const ResolvedCorpus& corpus);
/// The same when every image is copied by itself (a blob counted once per repository).
std::uint64_t per_repository_bytes(const ResolvedCorpus& corpus);

}  // namespace ocibench
