#pragma once

#include <vector>

#include "agent/prewarm.hpp"
#include "agent/target_probe.hpp"
#include "agent/time_budget.hpp"
#include "agent/verification.hpp"
#include "common/error.hpp"
#include "common/model/corpus.hpp"
#include "common/model/iteration.hpp"
#include "common/oci/endpoint.hpp"
#include "common/oci/push.hpp"
#include "common/oci/resolve.hpp"

namespace ocibench::agent {

/// What a source must hold before anything is copied from it.
struct SourceContent {
  const CorpusSpec& spec;
  const ResolvedCorpus& lock;               ///< what its tags name
  const std::vector<ResolvedImage>& moved;  ///< is there too, for tags that will move
};

/// What a trial does to the content of registries: the seam between the order of things and HTTP.
class ContentAccess {
 public:
  ContentAccess() = default;
  ContentAccess(const ContentAccess&) = delete;
  ContentAccess& operator=(const ContentAccess&) = delete;
  virtual ~ContentAccess() = default;

  /// How the registry is reached that the corpus names. Errors: those of RegistryAccess.
  [[nodiscard]] virtual Result<oci::Endpoint> remote_source(const ResolvedCorpus& lock) const = 0;
  /// Puts the content there. Errors: those of oci::materialise and oci::provide_moved_layout.
  virtual Result<oci::PushReport> materialise(const SourceContent& content,
                                              const oci::Endpoint& source) = 0;
  /// Lets the tag of each image name its digest, which is there already. Errors: those of Client.
  virtual Result<void> point_tags(const oci::Endpoint& source,
                                  const std::vector<ResolvedImage>& images) = 0;
  /// As oci::check_lock().
  virtual Result<void> check_lock(const oci::Endpoint& source, const ResolvedCorpus& lock) = 0;
  /// As ocibench::agent::prewarm().
  virtual Result<PrewarmReport> prewarm(const PrewarmRequest& request,
                                        const TimeBudget& budget) = 0;
  /// As probe_target().
  virtual Result<Presence> probe(const oci::Endpoint& target, const Awaited& awaited,
                                 const TimeBudget& budget) = 0;
  /// As verify_target().
  virtual Result<Verification> verify(const oci::Endpoint& target,
                                      const std::vector<ExpectedImage>& images,
                                      const TimeBudget& budget) = 0;
};

/// The real one.
class RegistryContentAccess final : public ContentAccess {
 public:
  explicit RegistryContentAccess(oci::CorpusContext context);

  [[nodiscard]] Result<oci::Endpoint> remote_source(const ResolvedCorpus& lock) const override;
  Result<oci::PushReport> materialise(const SourceContent& content,
                                      const oci::Endpoint& source) override;
  Result<void> point_tags(const oci::Endpoint& source,
                          const std::vector<ResolvedImage>& images) override;
  Result<void> check_lock(const oci::Endpoint& source, const ResolvedCorpus& lock) override;
  Result<PrewarmReport> prewarm(const PrewarmRequest& request, const TimeBudget& budget) override;
  Result<Presence> probe(const oci::Endpoint& target, const Awaited& awaited,
                         const TimeBudget& budget) override;
  Result<Verification> verify(const oci::Endpoint& target, const std::vector<ExpectedImage>& images,
                              const TimeBudget& budget) override;

 private:
  const oci::CorpusContext context_;
};

}  // namespace ocibench::agent
