#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/content_access.hpp"

namespace ocibench::agent {

/// Content that is always as it should be, unless told otherwise.
class FakeContent final : public ContentAccess {
 public:
  [[nodiscard]] Result<oci::Endpoint> remote_source(const ResolvedCorpus& lock) const override {
    return oci::Endpoint{.host = lock.source_host, .scheme = oci::Scheme::http};
  }
  Result<oci::PushReport> materialise(const SourceContent& /*content*/,
                                      const oci::Endpoint& /*source*/) override {
    return materialised;
  }
  Result<void> point_tags(const oci::Endpoint& /*source*/,
                          const std::vector<ResolvedImage>& images) override {
    for (const ResolvedImage& image : images) {
      tags[image.repository + ":" + image.tag] = image.digest;
    }
    return {};
  }
  Result<void> check_lock(const oci::Endpoint& /*source*/,
                          const ResolvedCorpus& /*lock*/) override {
    ++lock_checks;
    return lock_checks == tag_moves_at ? Result<void>(fail(ErrorCode::conflict, "tag moved: a:1"))
                                       : Result<void>();
  }
  Result<PrewarmReport> prewarm(const PrewarmRequest& /*request*/,
                                const TimeBudget& /*budget*/) override {
    return prewarmed;
  }
  Result<Presence> probe(const oci::Endpoint& /*target*/, const Awaited& awaited,
                         const TimeBudget& /*budget*/) override {
    last_awaited = awaited;
    if (on_probe) {
      on_probe();
    }
    return present;
  }
  Result<Verification> verify(const oci::Endpoint& /*target*/,
                              const std::vector<ExpectedImage>& expected,
                              const TimeBudget& /*budget*/) override {
    ++verifications;
    last_expected = expected;
    if (on_verify) {
      on_verify();
    }
    if (verify_error) {
      return tl::unexpected(*verify_error);
    }
    const auto images = static_cast<std::uint32_t>(expected.size());
    return Verification{.images_expected = images,
                        .images_found = arrives ? images : 0,
                        .manifests_expected = images,
                        .manifests_found = arrives ? images : 0};
  }

  Result<oci::PushReport> materialised = oci::PushReport{.moved_bytes = 1000, .uploaded_blobs = 2};
  Result<PrewarmReport> prewarmed = PrewarmReport{.manifests = 1, .blobs = 2, .bytes = 1000};
  Result<Presence> present;  ///< at the target before a run
  std::function<void()> on_probe;
  Awaited last_awaited;
  std::optional<Error> verify_error;
  std::function<void()> on_verify;
  bool arrives = true;
  int lock_checks = 0;
  int tag_moves_at = 0;
  int verifications = 0;
  std::vector<ExpectedImage> last_expected;
  std::map<std::string, std::string> tags;  ///< as point_tags() has left them
};

}  // namespace ocibench::agent
