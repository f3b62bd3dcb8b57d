#include "agent/verification.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
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

/// What an image consists of, as indices into the expected things.
using Parts = std::vector<std::size_t>;

struct Expectation {
  std::vector<Expected> things;
  std::vector<Parts> images;
};

class ExpectationBuilder {
 public:
  void add(const ExpectedImage& expected) {
    expectation_.images.emplace_back();
    for (const ManifestInfo& manifest : expected.image.manifests) {
      const bool tagged =
          expected.named == Named::by_tag && &manifest == &expected.image.manifests.front();
      part({.kind = tagged ? Expected::Kind::tag : Expected::Kind::manifest,
            .repository = expected.repository,
            .reference = tagged ? expected.image.tag : manifest.digest,
            .content = {manifest.digest, manifest.size_bytes}});
      for (const BlobInfo& blob : manifest.blobs) {
        add_blob(expected.repository, blob);
      }
    }
  }

  Expectation take() { return std::move(expectation_); }

 private:
  void add_blob(const std::string& repository, const BlobInfo& blob) {
    const auto known = blobs_.find({repository, blob.digest});
    if (known != blobs_.end()) {
      expectation_.images.back().push_back(known->second);
      return;
    }
    blobs_[{repository, blob.digest}] = expectation_.things.size();
    const bool first = digests_.insert(blob.digest).second;
    part({.kind = first ? Expected::Kind::whole_blob : Expected::Kind::further_blob,
          .repository = repository,
          .reference = blob.digest,
          .content = blob});
  }

  void part(Expected thing) {
    expectation_.images.back().push_back(expectation_.things.size());
    expectation_.things.push_back(std::move(thing));
  }

  Expectation expectation_;
  std::map<std::pair<std::string, std::string>, std::size_t> blobs_;
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

Result<void> check_blob_size(oci::Client& client, const Expected& thing) {
  const Result<oci::BlobHead> head = client.head_blob(thing.repository, thing.reference);
  if (!head) {
    return tl::unexpected(head.error());
  }
  if (head->size_bytes != thing.content.size_bytes) {
    return fail(ErrorCode::bad_input, fmt::format("it has {} bytes instead of {}", head->size_bytes,
                                                  thing.content.size_bytes));
  }
  return {};
}

Result<void> check_thing(oci::Client& client, const Expected& thing, const TimeBudget& budget) {
  switch (thing.kind) {
    case Expected::Kind::tag:
    case Expected::Kind::manifest: return check_manifest(client, thing);
    case Expected::Kind::further_blob: return check_blob_size(client, thing);
    case Expected::Kind::whole_blob:
      return client
          .get_blob(thing.repository, thing.content,
                    [&](std::string_view) { return budget.check(); })
          .map([](const oci::ResponseFacts&) {});
  }
  return {};
}

std::string name_of(const Expected& thing) {
  return fmt::format("{}{}{}", thing.repository, thing.kind == Expected::Kind::tag ? ":" : "@",
                     thing.reference);
}

Verification summarise(const Expectation& expectation) {
  Verification proof;
  proof.images_expected = static_cast<std::uint32_t>(expectation.images.size());
  for (const Parts& image : expectation.images) {
    proof.images_found += std::ranges::all_of(
        image, [&](std::size_t part) { return expectation.things[part].problem.empty(); });
  }
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
