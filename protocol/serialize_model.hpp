#pragma once

#include <cstdint>

#include "common/model/record.hpp"
#include "protocol/wire_containers.hpp"

// How each type lies on the wire: its members in the order below. A member's name is what an error
// says. Any change here changes the wire: raise kProtocolVersion. Where the type is part of a
// record, raise kRecordFormat too, give the record a new kind, and keep the old shape in
// old_records.hpp.

namespace ocibench::protocol {

template <>
inline constexpr std::uint8_t kEnumerators<OutcomeKind> = kAllOutcomeKinds.size();
template <>
inline constexpr std::uint8_t kEnumerators<Phase> = kAllPhases.size();
template <>
inline constexpr std::uint8_t kEnumerators<TrialKind> = kAllTrialKinds.size();
template <>
inline constexpr std::uint8_t kEnumerators<WorkKind> = kAllWorkKinds.size();
template <>
inline constexpr std::uint8_t kEnumerators<Populate> = kAllPopulates.size();
template <>
inline constexpr std::uint8_t kEnumerators<ToolState> = kAllToolStates.size();
template <>
inline constexpr std::uint8_t kEnumerators<Destination> = kAllDestinations.size();
template <>
inline constexpr std::uint8_t kEnumerators<Start> = kAllStarts.size();
template <>
inline constexpr std::uint8_t kEnumerators<TargetKind> = kAllTargetKinds.size();
template <>
inline constexpr std::uint8_t kEnumerators<RegistrySide> = kAllRegistrySides.size();
template <>
inline constexpr std::uint8_t kEnumerators<RequestClass> = kAllRequestClasses.size();

// ---- model: what is run

template <Fields A>
void serialize(A& archive, Trial& trial) {
  archive(CEREAL_NVP(trial.id), CEREAL_NVP(trial.scenario), CEREAL_NVP(trial.tool),
          CEREAL_NVP(trial.kind), CEREAL_NVP(trial.round), CEREAL_NVP(trial.lane),
          CEREAL_NVP(trial.images), CEREAL_NVP(trial.iterations),
          CEREAL_NVP(trial.iteration_timeout), CEREAL_NVP(trial.overhead_timeout));
}

template <Fields A>
void serialize(A& archive, TargetSpec& target) {
  archive(CEREAL_NVP(target.kind), CEREAL_NVP(target.host), CEREAL_NVP(target.prefix));
}

template <Fields A>
void serialize(A& archive, RegistrySpec& registry) {
  archive(CEREAL_NVP(registry.name), CEREAL_NVP(registry.definition_sha256),
          CEREAL_NVP(registry.tls), CEREAL_NVP(registry.storage), CEREAL_NVP(registry.target));
}

template <Fields A>
void serialize(A& archive, SyntheticSpec& synthetic) {
  archive(CEREAL_NVP(synthetic.seed), CEREAL_NVP(synthetic.images), CEREAL_NVP(synthetic.layers),
          CEREAL_NVP(synthetic.layer_bytes), CEREAL_NVP(synthetic.shared_share),
          CEREAL_NVP(synthetic.compressibility), CEREAL_NVP(synthetic.gzip_level),
          CEREAL_NVP(synthetic.platforms), CEREAL_NVP(synthetic.referrer),
          CEREAL_NVP(synthetic.repository_prefix));
}

template <Fields A>
void serialize(A& archive, ReferenceSpec& reference) {
  archive(CEREAL_NVP(reference.images));
}

template <Fields A>
void serialize(A& archive, LocalFile& local_file) {
  archive(CEREAL_NVP(local_file.path), CEREAL_NVP(local_file.repository),
          CEREAL_NVP(local_file.tag));
}

template <Fields A>
void serialize(A& archive, LocalFileSpec& local_files) {
  archive(CEREAL_NVP(local_files.files));
}

template <Fields A>
void serialize(A& archive, CorpusSpec& corpus) {
  archive(CEREAL_NVP(corpus.name), CEREAL_NVP(corpus.source));
}

template <Fields A>
void serialize(A& archive, BlobInfo& blob) {
  archive(CEREAL_NVP(blob.digest), CEREAL_NVP(blob.size_bytes));
}

template <Fields A>
void serialize(A& archive, ManifestInfo& manifest) {
  archive(CEREAL_NVP(manifest.digest), CEREAL_NVP(manifest.media_type),
          CEREAL_NVP(manifest.size_bytes), CEREAL_NVP(manifest.blobs),
          CEREAL_NVP(manifest.children), CEREAL_NVP(manifest.platform));
}

template <Fields A>
void serialize(A& archive, ResolvedImage& image) {
  archive(CEREAL_NVP(image.repository), CEREAL_NVP(image.tag), CEREAL_NVP(image.digest),
          CEREAL_NVP(image.manifests));
}

template <Fields A>
void serialize(A& archive, ResolvedCorpus& lock) {
  archive(CEREAL_NVP(lock.name), CEREAL_NVP(lock.source_host), CEREAL_NVP(lock.images));
}

template <Fields A>
void serialize(A& archive, ScenarioSteps& steps) {
  archive(CEREAL_NVP(steps.populate), CEREAL_NVP(steps.tool_state), CEREAL_NVP(steps.destination),
          CEREAL_NVP(steps.start));
}

template <Fields A>
void serialize(A& archive, Comparability& comparability) {
  archive(CEREAL_NVP(comparability.concurrency), CEREAL_NVP(comparability.work));
}

template <Fields A>
void serialize(A& archive, Assignment& assignment) {
  archive(CEREAL_NVP(assignment.campaign), CEREAL_NVP(assignment.trial),
          CEREAL_NVP(assignment.attempt), CEREAL_NVP(assignment.tool_definition_sha256),
          CEREAL_NVP(assignment.registry), CEREAL_NVP(assignment.steps),
          CEREAL_NVP(assignment.comparability), CEREAL_NVP(assignment.corpus),
          CEREAL_NVP(assignment.lock), CEREAL_NVP(assignment.moved));
}

// ---- model: what was measured

template <Fields A>
void serialize(A& archive, Outcome& outcome) {
  archive(CEREAL_NVP(outcome.kind), CEREAL_NVP(outcome.cause), CEREAL_NVP(outcome.evidence));
}

template <Fields A>
void serialize(A& archive, Spread& spread) {
  archive(CEREAL_NVP(spread.p50), CEREAL_NVP(spread.p95), CEREAL_NVP(spread.max));
}

template <Fields A>
void serialize(A& archive, NetworkUse& network) {
  archive(CEREAL_NVP(network.interface), CEREAL_NVP(network.rx_bytes), CEREAL_NVP(network.tx_bytes),
          CEREAL_NVP(network.control_bytes), CEREAL_NVP(network.idle_tx_bytes_per_s),
          CEREAL_NVP(network.rx_dropped), CEREAL_NVP(network.tx_dropped));
}

template <Fields A>
void serialize(A& archive, ResourceUse& resources) {
  archive(CEREAL_NVP(resources.source), CEREAL_NVP(resources.cpu_user_us),
          CEREAL_NVP(resources.cpu_system_us), CEREAL_NVP(resources.memory_peak_bytes),
          CEREAL_NVP(resources.cpu_percent), CEREAL_NVP(resources.rss_bytes),
          CEREAL_NVP(resources.pidstat_cpu_percent), CEREAL_NVP(resources.pidstat_rss_bytes));
}

template <Fields A>
void serialize(A& archive, ValidityCounters& validity) {
  archive(CEREAL_NVP(validity.steal_us), CEREAL_NVP(validity.psi_cpu_some_us),
          CEREAL_NVP(validity.psi_io_some_us), CEREAL_NVP(validity.psi_memory_some_us),
          CEREAL_NVP(validity.tcp_retransmitted_segments), CEREAL_NVP(validity.nic_dropped_packets),
          CEREAL_NVP(validity.ena_allowance_exceeded), CEREAL_NVP(validity.clock_offset_s));
}

template <Fields A>
void serialize(A& archive, SamplerCost& sampler) {
  archive(CEREAL_NVP(sampler.ticks), CEREAL_NVP(sampler.missed_ticks), CEREAL_NVP(sampler.cpu_us));
}

template <Fields A>
void serialize(A& archive, Verification& verification) {
  archive(CEREAL_NVP(verification.images_expected), CEREAL_NVP(verification.images_found),
          CEREAL_NVP(verification.manifests_expected), CEREAL_NVP(verification.manifests_found),
          CEREAL_NVP(verification.blobs_expected), CEREAL_NVP(verification.blobs_found),
          CEREAL_NVP(verification.bytes_proven), CEREAL_NVP(verification.missing),
          CEREAL_NVP(verification.content_sha256));
}

template <Fields A>
void serialize(A& archive, Iteration& iteration) {
  archive(CEREAL_NVP(iteration.index), CEREAL_NVP(iteration.outcome),
          CEREAL_NVP(iteration.started_at), CEREAL_NVP(iteration.wall),
          CEREAL_NVP(iteration.exit_code), CEREAL_NVP(iteration.signal),
          CEREAL_NVP(iteration.network), CEREAL_NVP(iteration.resources),
          CEREAL_NVP(iteration.validity), CEREAL_NVP(iteration.sampler),
          CEREAL_NVP(iteration.verification), CEREAL_NVP(iteration.last_log_lines),
          CEREAL_NVP(iteration.marks));
}

template <Fields A>
void serialize(A& archive, RequestCount& request_count) {
  archive(CEREAL_NVP(request_count.side), CEREAL_NVP(request_count.request),
          CEREAL_NVP(request_count.status), CEREAL_NVP(request_count.count),
          CEREAL_NVP(request_count.request_bytes), CEREAL_NVP(request_count.response_bytes));
}

template <Fields A>
void serialize(A& archive, ImageCompletion& completion) {
  archive(CEREAL_NVP(completion.repository), CEREAL_NVP(completion.tag),
          CEREAL_NVP(completion.after));
}

template <Fields A>
void serialize(A& archive, WireObservation& observation) {
  archive(CEREAL_NVP(observation.requests), CEREAL_NVP(observation.source_connections),
          CEREAL_NVP(observation.target_connections), CEREAL_NVP(observation.duplicate_blob_gets),
          CEREAL_NVP(observation.images), CEREAL_NVP(observation.user_agents));
}

template <Fields A>
void serialize(A& archive, BinaryIdentity& binary) {
  archive(CEREAL_NVP(binary.path), CEREAL_NVP(binary.sha256), CEREAL_NVP(binary.size_bytes));
}

template <Fields A>
void serialize(A& archive, SubjectIdentity& subject) {
  archive(CEREAL_NVP(subject.name), CEREAL_NVP(subject.label), CEREAL_NVP(subject.version),
          CEREAL_NVP(subject.binaries),
          cereal::make_nvp("subject.command", LongText{subject.command}),
          cereal::make_nvp("subject.config_text", LongText{subject.config_text}));
}

template <Fields A>
void serialize(A& archive, Environment& environment) {
  archive(CEREAL_NVP(environment.facts));
}

}  // namespace ocibench::protocol
