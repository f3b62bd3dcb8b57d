#include "common/oci/client.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "common/json.hpp"
#include "common/oci/digest.hpp"
#include "common/oci/reference.hpp"
#include "common/oci/session.hpp"

namespace ocibench::oci {
namespace {

// Without all of them docker-registry 2.8 answers 404 for a manifest that is there. One line: some
// proxies keep only one of several.
constexpr std::string_view kAcceptManifests =
    "Accept: application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::size_t kMaxListBytes = 16 * 1024 * 1024;
constexpr std::size_t kMaxPages = 10'000;
constexpr std::size_t kLongestQuote = 100;

std::string pull_scope(std::string_view repository) {
  return fmt::format("repository:{}:pull", repository);
}
std::string push_scope(std::string_view repository) {
  return fmt::format("repository:{}:pull,push", repository);
}

Result<void> check_repository(std::string_view repository) {
  if (!is_repository(repository)) {
    return fail(ErrorCode::bad_input,
                fmt::format("\"{}\" is no repository name", repository.substr(0, kLongestQuote)));
  }
  return {};
}

/// Of a tag or digest in `repository`; they go into URLs as they are.
Result<void> check_names(std::string_view repository, std::string_view reference) {
  if (!is_tag(reference) && !is_digest(reference)) {
    return fail(ErrorCode::bad_input, fmt::format("\"{}\" is neither a tag nor a digest",
                                                  reference.substr(0, kLongestQuote)));
  }
  return check_repository(repository);
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty()
             ? std::optional(value)
             : std::nullopt;
}

Error wrong_answer(Method method, const Answer& answer, std::string_view what) {
  return Error{ErrorCode::bad_input, std::string(what)}.with_context(
      fmt::format("{} {}", to_string(method), printable_url(answer.url)));
}

/// Docker-Content-Digest, if the registry sends one. Errors: bad_input when it is malformed.
Result<std::string> announced_digest(Method method, const Answer& answer) {
  const std::string_view digest = answer.response.header("docker-content-digest");
  if (!digest.empty() && !is_digest(digest)) {
    return tl::unexpected(wrong_answer(method, answer, "Docker-Content-Digest is no digest"));
  }
  return std::string(digest);
}

/// `body` hashed the way that `expected` was; sha256 when nothing is expected.
Result<std::string> verified_digest(std::string_view body, std::string_view expected) {
  if (expected.empty()) {
    return sha256_digest(body);
  }
  DigestVerifier verifier(expected, body.size());
  return verifier.update(body).and_then([&] { return verifier.finish(); }).map([&] {
    return std::string(expected);
  });
}

/// The target of rel="next" in a Link header (RFC 8288), or nothing.
std::string_view next_link(const HttpResponse& response) {
  const std::string_view link = response.header("link");
  const std::size_t open = link.find('<');
  const std::size_t close = link.find('>');
  const bool next = link.find("rel=\"next\"") != std::string_view::npos ||
                    link.find("rel=next") != std::string_view::npos;
  return next && open < close && close != std::string_view::npos
             ? link.substr(open + 1, close - open - 1)
             : std::string_view{};
}

}  // namespace

std::string referrers_tag(std::string_view digest) {
  std::string tag(digest);
  std::ranges::replace(tag, ':', '-');
  return tag;
}

struct Client::Session {
  explicit Session(RegistrySession wanted) : registry(std::move(wanted)) {}

  [[nodiscard]] std::string url(std::string_view repository, std::string_view rest) const {
    return fmt::format("{}/v2/{}/{}", base_url(registry.endpoint()), repository, rest);
  }

  /// Sends and insists on one of `wanted`.
  Result<Answer> expect(const Call& call, std::initializer_list<int> wanted) {
    Result<Answer> answer = registry.send(call);
    if (answer && std::ranges::find(wanted, answer->response.status) == wanted.end()) {
      return tl::unexpected(answer_error(call.request.method, *answer));
    }
    return answer;
  }

  /// Starts an upload; the URL to PUT to, complete with the digest.
  Result<std::string> start_upload(std::string_view repository, const BlobInfo& blob) {
    const Result<Answer> answer =
        expect({.request = {.method = Method::post, .url = url(repository, "blobs/uploads/")},
                .scopes = push_scope(repository)},
               {202});
    if (!answer) {
      return tl::unexpected(answer.error());
    }
    const std::string_view location = answer->response.header("location");
    return resolve_url(answer->url, location).map([&](const std::string& absolute) {
      const char separator = absolute.find('?') == std::string::npos ? '?' : '&';
      return fmt::format("{}{}digest={}", absolute, separator, blob.digest);
    });
  }

  /// Every page of a list, each given to `take`.
  Result<void> each_page(Call call, const std::function<Result<void>(const Answer&)>& take) {
    std::set<std::string> seen;
    while (seen.insert(call.request.url).second && seen.size() <= kMaxPages) {
      const Result<Answer> answer = expect(call, {200});
      if (!answer) {
        return tl::unexpected(answer.error());
      }
      if (Result<void> taken = take(*answer); !taken) {
        return tl::unexpected(wrong_answer(Method::get, *answer, taken.error().message));
      }
      const std::string_view next = next_link(answer->response);
      if (next.empty()) {
        return {};
      }
      const Result<std::string> target = resolve_url(answer->url, next);
      if (!target) {
        return tl::unexpected(target.error());
      }
      call.request.url = *target;
    }
    return fail(ErrorCode::limit,
                fmt::format("GET {}: its pages never end", printable_url(call.request.url)));
  }

  RegistrySession registry;
};

Result<Client> Client::create(Endpoint endpoint, ClientLimits limits) {
  return RegistrySession::create(std::move(endpoint), limits).map([](RegistrySession session) {
    return Client(std::make_unique<Session>(std::move(session)));
  });
}

Client::Client(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

const Endpoint& Client::endpoint() const { return session_->registry.endpoint(); }

Result<ResponseFacts> Client::ping(std::string_view path) {
  return session_
      ->expect({.request = {.url = fmt::format("{}{}", base_url(endpoint()), path)}}, {200})
      .map([](Answer answer) { return std::move(answer.facts); });
}

Result<ManifestHead> Client::head_manifest(std::string_view repository,
                                           std::string_view reference) {
  if (const Result<void> valid = check_names(repository, reference); !valid) {
    return tl::unexpected(valid.error());
  }
  const Result<Answer> answer = session_->expect(
      {.request = {.method = Method::head,
                   .url = session_->url(repository, fmt::format("manifests/{}", reference)),
                   .headers = {std::string(kAcceptManifests)}},
       .scopes = pull_scope(repository)},
      {200});
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  return announced_digest(Method::head, *answer).map([&](std::string digest) {
    return ManifestHead{
        .digest = std::move(digest),
        .media_type = std::string(answer->response.header("content-type")),
        .size_bytes = number_in(answer->response.header("content-length")).value_or(0),
        .facts = answer->facts};
  });
}

Result<FetchedManifest> Client::get_manifest(std::string_view repository,
                                             std::string_view reference) {
  if (const Result<void> valid = check_names(repository, reference); !valid) {
    return tl::unexpected(valid.error());
  }
  Result<Answer> answer = session_->expect(
      {.request = {.url = session_->url(repository, fmt::format("manifests/{}", reference)),
                   .headers = {std::string(kAcceptManifests)},
                   .max_collected_bytes = kMaxManifestBytes},
       .scopes = pull_scope(repository)},
      {200});
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  const Result<std::string> announced = announced_digest(Method::get, *answer);
  if (!announced) {
    return tl::unexpected(announced.error());
  }
  const std::string_view expected = is_digest(reference) ? reference : *announced;
  const Result<std::string> digest = verified_digest(answer->response.body, expected);
  if (!digest) {
    return tl::unexpected(wrong_answer(Method::get, *answer, digest.error().message));
  }
  Result<Manifest> manifest =
      parse_manifest(answer->response.body, answer->response.header("content-type"));
  if (!manifest) {
    return tl::unexpected(wrong_answer(Method::get, *answer, manifest.error().message));
  }
  return FetchedManifest{.body = std::move(answer->response.body),
                         .digest = *digest,
                         .manifest = std::move(*manifest),
                         .facts = std::move(answer->facts)};
}

Result<StoredManifest> Client::put_manifest(std::string_view repository, std::string_view reference,
                                            std::string_view media_type, std::string_view body) {
  if (const Result<void> valid = check_names(repository, reference); !valid) {
    return tl::unexpected(valid.error());
  }
  const Result<Manifest> manifest = parse_manifest(body, media_type);
  if (!manifest) {
    return fail(manifest.error(), "refusing to push");
  }
  const Result<Answer> answer = session_->expect(
      {.request = {.method = Method::put,
                   .url = session_->url(repository, fmt::format("manifests/{}", reference)),
                   .headers = {fmt::format("Content-Type: {}", media_type)},
                   .body = [body]() -> Result<ByteSource> { return source_of(body); },
                   .body_bytes = body.size()},
       .scopes = push_scope(repository)},
      {201});
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  return announced_digest(Method::put, *answer)
      .and_then([&](const std::string& announced) { return verified_digest(body, announced); })
      .map([&](std::string digest) {
        const bool listed = !answer->response.header("oci-subject").empty();
        return StoredManifest{.digest = std::move(digest),
                              .subject = !manifest->subject ? SubjectListing::none
                                         : listed           ? SubjectListing::listed
                                                            : SubjectListing::unlisted};
      })
      .map_error(
          [&](const Error& error) { return wrong_answer(Method::put, *answer, error.message); });
}

Result<BlobHead> Client::head_blob(std::string_view repository, std::string_view digest) {
  if (const Result<void> valid = check_names(repository, digest); !valid) {
    return tl::unexpected(valid.error());
  }
  const Result<Answer> answer = session_->expect(
      {.request = {.method = Method::head,
                   .url = session_->url(repository, fmt::format("blobs/{}", digest))},
       .scopes = pull_scope(repository)},
      {200});
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  const auto size = number_in(answer->response.header("content-length"));
  if (!size) {
    return tl::unexpected(wrong_answer(Method::head, *answer, "there is no Content-Length"));
  }
  return BlobHead{*size, answer->facts};
}

Result<ResponseFacts> Client::get_blob(std::string_view repository, const BlobInfo& blob,
                                       const ByteSink& sink) {
  const Result<std::string> digest = parse_digest(blob.digest);
  if (const Result<void> valid = check_repository(repository); !valid || !digest) {
    return tl::unexpected(valid ? digest.error() : valid.error());
  }
  DigestVerifier verifier(blob.digest, blob.size_bytes);
  const ByteSink checked = [&](std::string_view bytes) {
    return verifier.update(bytes).and_then([&] { return sink(bytes); });
  };
  Result<Answer> answer = session_->expect(
      {.request = {.url = session_->url(repository, fmt::format("blobs/{}", blob.digest)),
                   .sink = checked},
       .scopes = pull_scope(repository)},
      {200});
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  if (const Result<void> same = verifier.finish(); !same) {
    return tl::unexpected(wrong_answer(Method::get, *answer, same.error().message));
  }
  return std::move(answer->facts);
}

Result<Mounted> Client::mount_blob(std::string_view repository, std::string_view digest,
                                   std::string_view from_repository) {
  for (const std::string_view name : {repository, from_repository}) {
    if (const Result<void> valid = check_names(name, digest); !valid) {
      return tl::unexpected(valid.error());
    }
  }
  const std::string rest = fmt::format("blobs/uploads/?mount={}&from={}", digest, from_repository);
  return session_
      ->expect(
          {.request = {.method = Method::post, .url = session_->url(repository, rest)},
           .scopes = fmt::format("{} {}", push_scope(repository), pull_scope(from_repository))},
          {201, 202})
      .map([](const Answer& answer) {
        return answer.response.status == 201 ? Mounted::mounted : Mounted::not_mounted;
      });
}

Result<void> Client::upload_blob(std::string_view repository, const BlobInfo& blob,
                                 const SourceFactory& open) {
  const Result<std::string> digest = parse_digest(blob.digest);
  if (const Result<void> valid = check_repository(repository); !valid || !digest) {
    return tl::unexpected(valid ? digest.error() : valid.error());
  }
  for (std::uint32_t retries = 0;; ++retries) {
    const Result<std::string> target = session_->start_upload(repository, blob);
    if (!target) {
      return tl::unexpected(target.error());
    }
    // Not repeated by itself: after a refused PUT nobody knows how much the session has kept.
    const Call put{.request = {.method = Method::put,
                               .url = *target,
                               .headers = {"Content-Type: application/octet-stream"},
                               .body = open,
                               .body_bytes = blob.size_bytes},
                   .scopes = push_scope(repository),
                   .repeat = Repeat::refused};
    const Result<Answer> answer = session_->expect(put, {201, 204, 429, 503});
    if (!answer) {
      return tl::unexpected(answer.error());
    }
    const int status = answer->response.status;
    if (status == 201 || status == 204) {
      return {};
    }
    if (Result<void> waited = session_->registry.wait_to_retry(answer->response, retries);
        !waited) {
      return fail(waited.error(), fmt::format("PUT {}", printable_url(*target)));
    }
  }
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
