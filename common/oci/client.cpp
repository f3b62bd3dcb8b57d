#include "common/oci/client.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "common/http/url.hpp"
#include "common/model/limits.hpp"
#include "common/model/reference.hpp"
#include "common/oci/client_session.hpp"
#include "common/oci/digest.hpp"

namespace ocibench::oci {
namespace {

// Without all of them docker-registry 2.8 answers 404 for a manifest that is there. One line: some
// proxies keep only one of several.
constexpr std::string_view kAcceptManifests =
    "Accept: application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.docker.distribution.manifest.v2+json";

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty()
             ? std::optional(value)
             : std::nullopt;
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

/// A body that open() has begun, as a ByteSource. Its last byte is not given away before all of it
/// is known to be right: whoever sends it on would have sent something wrong.
struct CheckedBody {
  RegistrySession& registry;
  std::string url;
  std::shared_ptr<DigestVerifier> verifier;  // a ByteSource can be copied
  std::uint64_t left_bytes;
  bool checked = false;

  Result<std::size_t> operator()(std::span<char> buffer) {
    const Result<std::size_t> got = take(buffer);
    Result<void> good = got.map([](std::size_t) {});
    if (good && !checked && (left_bytes == 0 || *got == 0)) {
      checked = true;
      std::array<char, 1> more{};  // also ends the exchange, so that its connection is kept
      good = take(more).and_then([&](std::size_t) { return verifier->finish(); });
    }
    if (!good) {
      return fail(good.error(), fmt::format("GET {}", http::printable_url(url)));
    }
    return got;
  }

  Result<std::size_t> take(std::span<char> buffer) {
    return registry.read(buffer).and_then([&](std::size_t got) {
      left_bytes -= std::min<std::uint64_t>(left_bytes, got);
      return verifier->update({buffer.data(), got}).map([&] { return got; });
    });
  }
};

Result<void> check_blob(std::string_view repository, const BlobInfo& blob) {
  if (const Result<std::string> digest = parse_digest(blob.digest); !digest) {
    return tl::unexpected(digest.error());
  }
  return check_repository(repository);
}

}  // namespace

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
  const Result<Answer> answer = session_->head(
      {.request = {.url = session_->url(repository, fmt::format("manifests/{}", reference)),
                   .headers = {std::string(kAcceptManifests)}},
       .scopes = pull_scope(repository)});
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

Result<std::string> Client::manifest_digest(std::string_view repository,
                                            std::string_view reference) {
  Result<ManifestHead> head = head_manifest(repository, reference);
  if (head && !head->digest.empty()) {
    return std::move(head->digest);
  }
  if (!head && head.error().code != ErrorCode::not_found) {
    return tl::unexpected(std::move(head.error()));
  }
  return get_manifest(repository, reference).map([](FetchedManifest&& fetched) {
    return std::move(fetched.digest);
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
  const Result<Answer> answer = session_->expect_success(
      {.request = {.method = Method::put,
                   .url = session_->url(repository, fmt::format("manifests/{}", reference)),
                   .headers = {fmt::format("Content-Type: {}", media_type)},
                   .body = [body]() -> Result<ByteSource> { return source_of(body); },
                   .body_bytes = body.size()},
       .scopes = push_scope(repository)});
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

Result<Deletion> Client::delete_manifest(std::string_view repository, std::string_view digest) {
  if (const Result<void> valid = check_names(repository, digest); !valid) {
    return tl::unexpected(valid.error());
  }
  const Result<Answer> answer = session_->registry.send(
      {.request = {.method = http::Method::remove,
                   .url = session_->url(repository, fmt::format("manifests/{}", digest))},
       .scopes = delete_scope(repository)});
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  const int status = answer->response.status;
  if (status == 404) {
    return Deletion{.kind = Deletion::Kind::absent};
  }
  if (status >= 200 && status < 300) {
    return Deletion{.kind = Deletion::Kind::deleted};
  }
  if (status < 400 || status >= 500 || status == 429) {
    return tl::unexpected(answer_error(http::Method::remove, *answer));
  }
  return Deletion{.kind = Deletion::Kind::refused,
                  .why = answer_error(http::Method::remove, *answer).message};
}

Result<BlobHead> Client::head_blob(std::string_view repository, std::string_view digest) {
  if (const Result<void> valid = check_names(repository, digest); !valid) {
    return tl::unexpected(valid.error());
  }
  return session_
      ->head({.request = {.url = session_->url(repository, fmt::format("blobs/{}", digest))},
              .scopes = pull_scope(repository)})
      .map([](const Answer& answer) {
        return BlobHead{number_in(answer.response.header("content-length")), answer.facts};
      });
}

Result<ResponseFacts> Client::get_blob(std::string_view repository, const BlobInfo& blob,
                                       const ByteSink& sink) {
  if (const Result<void> valid = check_blob(repository, blob); !valid) {
    return tl::unexpected(valid.error());
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

Result<ByteSource> Client::open_blob(std::string_view repository, const BlobInfo& blob) {
  if (const Result<void> valid = check_blob(repository, blob); !valid) {
    return tl::unexpected(valid.error());
  }
  const std::string url = session_->url(repository, fmt::format("blobs/{}", blob.digest));
  const Result<Answer> answer =
      session_->registry.open({.request = {.url = url}, .scopes = pull_scope(repository)});
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  if (answer->response.status != 200) {
    return tl::unexpected(answer_error(Method::get, *answer));
  }
  return CheckedBody{.registry = session_->registry,
                     .url = answer->url,
                     .verifier = std::make_shared<DigestVerifier>(blob.digest, blob.size_bytes),
                     .left_bytes = blob.size_bytes};
}

Result<Mounted> Client::mount_blob(std::string_view repository, std::string_view digest,
                                   std::string_view from_repository) {
  return session_->ask_to_mount(repository, digest, from_repository).map([](const Answer& answer) {
    return answer.response.status == 201 ? Mounted::mounted : Mounted::not_mounted;
  });
}

Result<void> Client::upload_blob(std::string_view repository, const BlobInfo& blob,
                                 const SourceFactory& open, UploadBy by) {
  if (const Result<void> valid = check_blob(repository, blob); !valid) {
    return valid;
  }
  return session_->start_upload(repository).and_then([&](std::string url) {
    return session_->finish_upload(std::move(url), {repository, blob, open, by});
  });
}

Result<Mounted> Client::mount_or_upload_blob(std::string_view repository, const BlobInfo& blob,
                                             std::string_view from_repository,
                                             const SourceFactory& open, UploadBy by) {
  const Result<Answer> answer = session_->ask_to_mount(repository, blob.digest, from_repository);
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  if (answer->response.status == 201) {
    return Mounted::mounted;
  }
  const bool opened = answer->response.status == 202;
  return (opened ? upload_url(*answer) : session_->start_upload(repository))
      .and_then([&](std::string url) {
        return session_->finish_upload(std::move(url), {repository, blob, open, by});
      })
      .map([] { return Mounted::not_mounted; });
}

}  // namespace ocibench::oci
