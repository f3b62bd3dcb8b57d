#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "common/json.hpp"
#include "common/model/limits.hpp"
#include "common/oci/client.hpp"
#include "common/oci/client_session.hpp"

namespace ocibench::oci {
namespace {

constexpr std::size_t kMaxListBytes = 16 * 1024 * 1024;

}  // namespace

std::string referrers_tag(std::string_view digest) {
  std::string tag(digest);
  std::ranges::replace(tag, ':', '-');
  return tag;
}

Result<std::vector<std::string>> Client::list_tags(std::string_view repository) {
  if (const Result<void> valid = check_repository(repository); !valid) {
    return tl::unexpected(valid.error());
  }
  std::vector<std::string> tags;
  const auto take = [&tags](const Answer& answer) -> Result<void> {
    const Result<Json> json = parse_json(answer.response.body, "tags");
    const Result<JsonObject> object =
        json ? JsonObject::open(*json, "tags") : tl::unexpected(json.error());
    // docker-registry says "tags": null for a repository whose last tag was deleted.
    if (object && json->contains("tags") && json->at("tags").is_null()) {
      return {};
    }
    auto page = object ? object->texts("tags") : tl::unexpected(object.error());
    if (!page) {
      return tl::unexpected(page.error());
    }
    if (page->size() > kMaxTags - tags.size()) {
      return fail(ErrorCode::limit, fmt::format("more than {} tags", kMaxTags));
    }
    std::ranges::move(*page, std::back_inserter(tags));
    return {};
  };
  return session_
      ->each_page({.request = {.url = session_->url(repository, "tags/list?n=1000"),
                               .max_collected_bytes = kMaxListBytes},
                   .scopes = pull_scope(repository)},
                  take)
      .map([&] { return std::move(tags); });
}

Result<std::vector<Descriptor>> Client::referrers(std::string_view repository,
                                                  std::string_view digest,
                                                  std::string_view artifact_type) {
  if (const Result<void> valid = check_names(repository, digest); !valid) {
    return tl::unexpected(valid.error());
  }
  std::vector<Descriptor> found;
  const auto add = [&](const Manifest& index) {
    std::ranges::copy_if(index.children, std::back_inserter(found), [&](const Descriptor& each) {
      return artifact_type.empty() || each.artifact_type == artifact_type;
    });
  };
  const Result<void> listed = session_->each_page(
      {.request = {.url = session_->url(repository, fmt::format("referrers/{}", digest)),
                   .headers = {fmt::format("Accept: {}", media_type::kOciIndex)},
                   .max_collected_bytes = kMaxManifestBytes},
       .scopes = pull_scope(repository)},
      [&](const Answer& answer) {
        return parse_manifest(answer.response.body, media_type::kOciIndex).map(add);
      });
  if (listed || listed.error().code != ErrorCode::not_found) {
    return listed.map([&] { return std::move(found); });
  }
  const Result<FetchedManifest> fallback = get_manifest(repository, referrers_tag(digest));
  if (fallback) {
    add(fallback->manifest);
  } else if (fallback.error().code != ErrorCode::not_found) {
    return tl::unexpected(fallback.error());
  }
  return found;
}

}  // namespace ocibench::oci
