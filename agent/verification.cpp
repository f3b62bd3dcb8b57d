#include "agent/verification.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "agent/target/client_pool.hpp"
#include "common/oci/client.hpp"

namespace ocibench::agent {
namespace {

/// One thing that must be at the target, and what was found.
struct Expected {
  enum class Kind { tag, manifest, whole_blob, further_blob };
  Kind kind = Kind::tag;
  std::string repository;
  std::string reference;  // tag or digest
  BlobInfo content;       // size of a manifest or blob, and its digest
  std::string problem;    // empty: it is there
};

/// One thing of an image, and its line in what content_sha256() is made of.
struct Part {
  std::size_t thing = 0;  // index into Expectation::things
  std::string line;
};

struct Expectation {
  std::vector<Expected> things;
  std::vector<std::vector<Part>> images;
};

/// Counts things as expected_proof() does.
class ExpectationBuilder {
 public:
  void add(const ExpectedImage& expected) {
    const ExpectedContent content{expected.image, expected.place, expected.named};
    std::vector<Part>& parts = expectation_.images.emplace_back();
    for (const ManifestInfo& manifest : expected.image.manifests) {
      const bool tagged =
          expected.named == Named::by_tag && &manifest == &expected.image.manifests.front();
      const BlobInfo itself{manifest.digest, manifest.size_bytes};
      parts.push_back({add_thing({.kind = tagged ? Expected::Kind::tag : Expected::Kind::manifest,
                                  .repository = expected.repository,
                                  .reference = tagged ? expected.image.tag : manifest.digest,
                                  .content = itself}),
                       content_line(content, manifest.digest, itself)});
      for (const BlobInfo& blob : manifest.blobs) {
        parts.push_back({add_blob(expected, blob), content_line(content, manifest.digest, blob)});
      }
    }
  }

  Expectation take() { return std::move(expectation_); }

 private:
  std::size_t add_blob(const ExpectedImage& expected, const BlobInfo& blob) {
    const auto [known, added] = blobs_.try_emplace(
        {expected.place, expected.image.repository, blob.digest}, expectation_.things.size());
    if (!added) {
      return known->second;
    }
    const bool first = digests_.insert(blob.digest).second;
    return add_thing({.kind = first ? Expected::Kind::whole_blob : Expected::Kind::further_blob,
                      .repository = expected.repository,
                      .reference = blob.digest,
                      .content = blob});
  }

  std::size_t add_thing(Expected thing) {
    expectation_.things.push_back(std::move(thing));
    return expectation_.things.size() - 1;
  }

  Expectation expectation_;
  std::map<std::tuple<Place, std::string, std::string>, std::size_t> blobs_;
  std::set<std::string> digests_;
};

Result<void> check_manifest(oci::Client& client, const Expected& thing) {
  const Result<oci::FetchedManifest> got = client.get_manifest(thing.repository, thing.reference);
  if (!got) {
    return tl::unexpected(got.error());
  }
  if (got->digest != thing.content.digest) {
    return fail(ErrorCode::bad_input,
                fmt::format("it is {} instead of {}", got->digest, thing.content.digest));
  }
  return {};
}

Result<void> check_whole_blob(oci::Client& client, const Expected& thing,
                              const TimeBudget& budget) {
  return client
      .get_blob(thing.repository, thing.content, [&](std::string_view) { return budget.check(); })
      .map([](const oci::ResponseFacts&) {});
}

Result<void> check_blob_size(oci::Client& client, const Expected& thing, const TimeBudget& budget) {
  const Result<oci::BlobHead> head = client.head_blob(thing.repository, thing.reference);
  if (!head && head.error().code != ErrorCode::not_found) {
    return tl::unexpected(head.error());
  }
  if (!head || !head->size_bytes) {
    return check_whole_blob(client, thing, budget);  // there are registries that only a GET asks
  }
  if (*head->size_bytes != thing.content.size_bytes) {
    return fail(ErrorCode::bad_input, fmt::format("it has {} bytes instead of {}",
                                                  *head->size_bytes, thing.content.size_bytes));
  }
  return {};
}

Result<void> check_thing(oci::Client& client, const Expected& thing, const TimeBudget& budget) {
  switch (thing.kind) {
    case Expected::Kind::tag:
    case Expected::Kind::manifest: return check_manifest(client, thing);
    case Expected::Kind::further_blob: return check_blob_size(client, thing, budget);
    case Expected::Kind::whole_blob: return check_whole_blob(client, thing, budget);
  }
  return {};
}

std::string name_of(const Expected& thing) {
  return fmt::format("{}{}{}", thing.repository, thing.kind == Expected::Kind::tag ? ":" : "@",
                     thing.reference);
}

/// Whether the whole image is there; the lines of what is go to `lines`.
bool collect_found(const Expectation& expectation, const std::vector<Part>& image,
                   std::vector<std::string>& lines) {
  bool whole = true;
  for (const Part& part : image) {
    if (expectation.things[part.thing].problem.empty()) {
      lines.push_back(part.line);
    } else {
      whole = false;
    }
  }
  return whole;
}

Verification summarise(const Expectation& expectation) {
  Verification proof;
  proof.images_expected = static_cast<std::uint32_t>(expectation.images.size());
  std::vector<std::string> lines;
  for (const std::vector<Part>& image : expectation.images) {
    proof.images_found += collect_found(expectation, image, lines) ? 1U : 0U;
  }
  proof.content_sha256 = content_sha256(std::move(lines));
  for (const Expected& thing : expectation.things) {
    const bool manifest =
        thing.kind == Expected::Kind::tag || thing.kind == Expected::Kind::manifest;
    ++(manifest ? proof.manifests_expected : proof.blobs_expected);
    if (!thing.problem.empty()) {
      if (proof.missing.size() < Verification::kMaxMissingNamed) {
        proof.missing.push_back(fmt::format("{}: {}", name_of(thing), thing.problem));
      }
      continue;
    }
    ++(manifest ? proof.manifests_found : proof.blobs_found);
    proof.bytes_proven += thing.kind == Expected::Kind::further_blob ? 0 : thing.content.size_bytes;
  }
  return proof;
}

/// A registry that is gone would make everything look missing.
Result<void> check_presence(const oci::Endpoint& target) {
  return oci::Client::create(target)
      .and_then([](oci::Client client) { return client.ping(); })
      .map([](const oci::ResponseFacts&) {})
      .map_error([](const Error& error) {
        return error.with_context("the target registry does not answer after the run");
      });
}

}  // namespace

Result<Verification> verify_target(const oci::Endpoint& target,
                                   const std::vector<ExpectedImage>& images,
                                   const TimeBudget& budget) {
  ExpectationBuilder builder;
  for (const ExpectedImage& image : images) {
    builder.add(image);
  }
  Expectation expectation = builder.take();
  const auto check = [&](oci::Client& client, std::size_t item) {
    Expected& thing = expectation.things[item];
    if (const auto checked = check_thing(client, thing, budget); !checked) {
      thing.problem =
          checked.error().code == ErrorCode::not_found ? "not there" : checked.error().message;
    }
    return budget.check();
  };
  return check_presence(target)
      .and_then([&] { return read_all(target, expectation.things.size(), check); })
      .and_then([&] { return check_presence(target); })
      .map([&] { return summarise(expectation); });
}

}  // namespace ocibench::agent
