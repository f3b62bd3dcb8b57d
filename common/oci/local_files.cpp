#include "common/oci/local_files.hpp"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/gzip.hpp"
#include "common/model/reference.hpp"
#include "common/oci/corpus_cache.hpp"
#include "common/oci/docker_archive.hpp"
#include "common/oci/lock.hpp"
#include "common/sha256.hpp"
#include "common/text.hpp"

namespace ocibench::oci {
namespace {

namespace fs = std::filesystem;

/// What names a file's content: of a layout its index, of an archive the whole file.
Result<std::string> content_key(const LocalFile& file) {
  std::error_code ignored;
  const fs::path path(file.path);
  return sha256_hex_of_file(fs::is_directory(path, ignored) ? path / "index.json" : path)
      .map([&](const std::string& sha) {
        return fmt::format("{} {} {}\n", file.repository, file.tag, sha);
      });
}

/// The image meant by `file` among those found in it: the only one, or the one of that name.
Result<Descriptor> choose(const std::vector<Descriptor>& images, const LocalFile& file) {
  if (images.size() == 1) {
    return images.front();
  }
  for (const Descriptor& image : images) {
    const auto name = image.annotations.find(std::string(kRefNameAnnotation));
    if (name != image.annotations.end() &&
        (name->second == file.tag || name->second == image_name(file.repository, file.tag))) {
      return image;
    }
  }
  return fail(ErrorCode::bad_input,
              fmt::format("{} holds {} images and none is named {}:{}", file.path, images.size(),
                          file.repository, file.tag));
}

/// Copies one blob, which is also how its digest is checked.
Result<void> copy_blob(const Layout& from, const Layout& to, const BlobInfo& blob) {
  const Result<ByteSource> source = from.open_blob(blob.digest);
  Result<BlobWriter> copy = source ? to.new_blob() : tl::unexpected(source.error());
  if (!copy) {
    return tl::unexpected(copy.error());
  }
  return pump(*source, [&](std::string_view bytes) { return copy->write(bytes); })
      .and_then([&] { return copy->commit(); })
      .and_then([&](const BlobInfo& copied) -> Result<void> {
        if (copied != blob) {
          return fail(ErrorCode::bad_input, fmt::format("{}: {} holds content of {} ({} bytes)",
                                                        from.directory().string(), blob.digest,
                                                        copied.digest, copied.size_bytes));
        }
        return {};
      });
}

Result<Descriptor> copy_image(const fs::path& from, const Layout& to, const LocalFile& file) {
  const Result<Layout> source = Layout::open(from);
  const auto images = source ? source->images() : tl::unexpected(source.error());
  Result<Descriptor> image = images ? choose(*images, file) : tl::unexpected(images.error());
  const auto closure = image ? source->closure(image->digest) : tl::unexpected(image.error());
  if (!closure) {
    return tl::unexpected(closure.error());
  }
  for (const ManifestInfo& manifest : *closure) {
    Result<void> copied = copy_blob(*source, to, {manifest.digest, manifest.size_bytes});
    for (const BlobInfo& blob : manifest.blobs) {
      copied = copied && !to.has_blob(blob.digest) ? copy_blob(*source, to, blob) : copied;
    }
    if (!copied) {
      return tl::unexpected(copied.error());
    }
  }
  return image;
}

Result<Descriptor> import_file(const LocalFile& file, const Layout& layout) {
  if (!is_repository(file.repository) || !is_tag(file.tag)) {
    return fail(ErrorCode::bad_input, fmt::format("{}: \"{}:{}\" is no repository and tag",
                                                  file.path, file.repository, file.tag));
  }
  std::error_code ignored;
  Result<Descriptor> image =
      fs::is_directory(file.path, ignored)
          ? copy_image(file.path, layout, file)
          : import_docker_archive(file.path, layout, GzipCompressor::kFastest)
                .and_then(
                    [&](const std::vector<Descriptor>& found) { return choose(found, file); });
  return image.map([&](Descriptor descriptor) {
    descriptor.annotations = {
        {std::string(kRefNameAnnotation), image_name(file.repository, file.tag)}};
    return descriptor;
  });
}

Result<void> import_files(const LocalFileSpec& spec, const fs::path& directory) {
  Result<Layout> layout = Layout::create(directory);
  if (!layout) {
    return tl::unexpected(layout.error());
  }
  std::vector<Descriptor> images;
  for (const LocalFile& file : spec.files) {
    Result<Descriptor> image = import_file(file, *layout);
    if (!image) {
      return tl::unexpected(image.error());
    }
    images.push_back(std::move(*image));
  }
  return layout->set_images(std::move(images));
}

/// Where a path leads, if it is there.
std::optional<fs::path> resolved(const fs::path& path) {
  std::error_code error;
  fs::path real = fs::canonical(path, error);
  return error ? std::nullopt : std::optional(std::move(real));
}

bool is_below(const fs::path& file, const std::vector<fs::path>& folders) {
  return std::ranges::any_of(folders, [&](const fs::path& each) {
    const std::optional<fs::path> folder = resolved(each);
    return folder && std::ranges::mismatch(*folder, file).in1 == folder->end();
  });
}

}  // namespace

Result<LocalFileSpec> permitted_files(const LocalFileSpec& spec, const LocalFileAccess& access) {
  LocalFileSpec permitted = spec;
  for (LocalFile& file : permitted.files) {
    if (!access.folders) {
      break;
    }
    const std::optional<fs::path> real = resolved(file.path);
    std::error_code ignored;
    const std::optional<fs::path> index =
        real && fs::is_directory(*real, ignored) ? resolved(*real / "index.json") : real;
    if (!real || !index || !is_below(*real, *access.folders) ||
        !is_below(*index, *access.folders)) {
      return fail(ErrorCode::not_found,
                  fmt::format("{} is not below a folder from which this agent reads local files "
                              "(its option --corpus-files), or not there",
                              printable(file.path)));
    }
    file.path = real->string();
  }
  return permitted;
}

Result<Layout> local_layout(const LocalFileSpec& wanted, const std::filesystem::path& cache,
                            const LocalFileAccess& access) {
  const Result<LocalFileSpec> spec = permitted_files(wanted, access);
  if (!spec) {
    return tl::unexpected(spec.error());
  }
  std::string keys = fmt::format("zlib {}\n", zlib_release());
  for (const LocalFile& file : spec->files) {
    const Result<std::string> key = content_key(file);
    if (!key) {
      return tl::unexpected(key.error());
    }
    keys += *key;
  }
  return cached_layout(cache, sha256_hex(keys),
                       [&](const fs::path& directory) { return import_files(*spec, directory); });
}

}  // namespace ocibench::oci
