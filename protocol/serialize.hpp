#pragma once

#include <cstdint>

#include "common/model/record.hpp"
#include "protocol/messages.hpp"
#include "protocol/wire_containers.hpp"

// How each type lies on the wire: its members in the order below. A member's name is what an error
// says. Any change here changes the format: raise kProtocolVersion.

namespace ocibench::protocol {

template <>
inline constexpr std::uint8_t kEnumerators<OutcomeKind> = kAllOutcomeKinds.size();
template <>
inline constexpr std::uint8_t kEnumerators<Phase> = kAllPhases.size();

// ---- model: what is run

template <Fields A>
void serialize(A& archive, Trial& trial) {
  archive(CEREAL_NVP(trial.id), CEREAL_NVP(trial.scenario), CEREAL_NVP(trial.tool),
          CEREAL_NVP(trial.round), CEREAL_NVP(trial.iterations),
          CEREAL_NVP(trial.iteration_timeout), CEREAL_NVP(trial.overhead_timeout));
}

template <Fields A>
void serialize(A& archive, RegistrySpec& registry) {
  archive(CEREAL_NVP(registry.name), CEREAL_NVP(registry.definition_sha256),
          CEREAL_NVP(registry.tls), CEREAL_NVP(registry.storage));
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
          CEREAL_NVP(manifest.children));
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
void serialize(A& archive, Assignment& assignment) {
  archive(CEREAL_NVP(assignment.campaign), CEREAL_NVP(assignment.trial),
          CEREAL_NVP(assignment.attempt), CEREAL_NVP(assignment.tool_definition_sha256),
          CEREAL_NVP(assignment.registry), CEREAL_NVP(assignment.corpus),
          CEREAL_NVP(assignment.lock));
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
          CEREAL_NVP(verification.bytes_proven), CEREAL_NVP(verification.missing));
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
void serialize(A& archive, BinaryIdentity& binary) {
  archive(CEREAL_NVP(binary.path), CEREAL_NVP(binary.sha256), CEREAL_NVP(binary.size_bytes));
}

template <Fields A>
void serialize(A& archive, SubjectIdentity& subject) {
  archive(CEREAL_NVP(subject.name), CEREAL_NVP(subject.label), CEREAL_NVP(subject.version),
          CEREAL_NVP(subject.binaries), CEREAL_NVP(subject.command),
          CEREAL_NVP(subject.config_text));
}

template <Fields A>
void serialize(A& archive, Environment& environment) {
  archive(CEREAL_NVP(environment.facts));
}

// ---- records

template <Fields A>
void serialize(A& archive, AttemptId& attempt_id) {
  archive(CEREAL_NVP(attempt_id.trial), CEREAL_NVP(attempt_id.attempt));
}

template <Fields A>
void serialize(A& archive, TrialStarted& trial_started) {
  archive(CEREAL_NVP(trial_started.id), CEREAL_NVP(trial_started.at),
          CEREAL_NVP(trial_started.subject), CEREAL_NVP(trial_started.registry),
          CEREAL_NVP(trial_started.environment));
}

template <Fields A>
void serialize(A& archive, PhaseFinished& phase_finished) {
  archive(CEREAL_NVP(phase_finished.id), CEREAL_NVP(phase_finished.phase),
          CEREAL_NVP(phase_finished.iteration), CEREAL_NVP(phase_finished.took),
          CEREAL_NVP(phase_finished.note));
}

template <Fields A>
void serialize(A& archive, IterationFinished& iteration_finished) {
  archive(CEREAL_NVP(iteration_finished.id), CEREAL_NVP(iteration_finished.iteration));
}

template <Fields A>
void serialize(A& archive, ArtifactChunk& artifact_chunk) {
  archive(CEREAL_NVP(artifact_chunk.id), CEREAL_NVP(artifact_chunk.iteration),
          CEREAL_NVP(artifact_chunk.name), CEREAL_NVP(artifact_chunk.offset),
          CEREAL_NVP(artifact_chunk.last),
          cereal::make_nvp("artifact_chunk.bytes", Bytes{artifact_chunk.bytes}));
}

template <Fields A>
void serialize(A& archive, TrialFinished& trial_finished) {
  archive(CEREAL_NVP(trial_finished.id), CEREAL_NVP(trial_finished.at),
          CEREAL_NVP(trial_finished.outcome));
}

template <Fields A>
void serialize(A& archive, CampaignStarted& campaign_started) {
  archive(CEREAL_NVP(campaign_started.campaign), CEREAL_NVP(campaign_started.at),
          CEREAL_NVP(campaign_started.campaign_toml),
          cereal::make_nvp("campaign_started.plan_json", LongText{campaign_started.plan_json}),
          CEREAL_NVP(campaign_started.git_sha));
}

template <Fields A>
void serialize(A& archive, TrialLeased& trial_leased) {
  archive(CEREAL_NVP(trial_leased.id), CEREAL_NVP(trial_leased.agent),
          CEREAL_NVP(trial_leased.boot), CEREAL_NVP(trial_leased.at));
}

template <Fields A>
void serialize(A& archive, AttemptLost& attempt_lost) {
  archive(CEREAL_NVP(attempt_lost.id), CEREAL_NVP(attempt_lost.at), CEREAL_NVP(attempt_lost.cause));
}

template <Fields A>
void serialize(A& archive, CampaignFinished& campaign_finished) {
  archive(CEREAL_NVP(campaign_finished.at), CEREAL_NVP(campaign_finished.interrupted),
          CEREAL_NVP(campaign_finished.reason));
}

// ---- messages

template <Fields A>
void serialize(A& archive, ToolOffer& tool_offer) {
  archive(CEREAL_NVP(tool_offer.name), CEREAL_NVP(tool_offer.definition_sha256),
          CEREAL_NVP(tool_offer.usable), CEREAL_NVP(tool_offer.version),
          CEREAL_NVP(tool_offer.reason));
}

template <Fields A>
void serialize(A& archive, Hello& hello) {
  archive(CEREAL_NVP(hello.agent), CEREAL_NVP(hello.boot), CEREAL_NVP(hello.campaign),
          CEREAL_NVP(hello.next_seq), CEREAL_NVP(hello.running), CEREAL_NVP(hello.tools),
          CEREAL_NVP(hello.environment));
}

template <Fields A>
void serialize(A& archive, Heartbeat& heartbeat) {
  archive(CEREAL_NVP(heartbeat.boot), CEREAL_NVP(heartbeat.running), CEREAL_NVP(heartbeat.phase),
          CEREAL_NVP(heartbeat.iteration));
}

template <Fields A>
void serialize(A& archive, RecordMessage& record) {
  archive(CEREAL_NVP(record.campaign), CEREAL_NVP(record.boot), CEREAL_NVP(record.seq),
          cereal::make_nvp("record.payload", Bytes{record.payload}));
}

template <Fields A>
void serialize(A& archive, Goodbye& goodbye) {
  archive(CEREAL_NVP(goodbye.boot), CEREAL_NVP(goodbye.reason));
}

template <Fields A>
void serialize(A& archive, Welcome& welcome) {
  archive(CEREAL_NVP(welcome.campaign), CEREAL_NVP(welcome.boot), CEREAL_NVP(welcome.next_seq),
          CEREAL_NVP(welcome.heartbeat_ms));
}

template <Fields A>
void serialize(A& archive, Assign& assign) {
  archive(CEREAL_NVP(assign.assignment));
}

template <Fields A>
void serialize(A& archive, Ack& ack) {
  archive(CEREAL_NVP(ack.boot), CEREAL_NVP(ack.next_seq));
}

template <Fields A>
void serialize(A& archive, Cancel& cancel) {
  archive(CEREAL_NVP(cancel.id), CEREAL_NVP(cancel.reason));
}

template <Fields A>
void serialize(A& archive, Dismiss& dismiss) {
  archive(CEREAL_NVP(dismiss.reason), CEREAL_NVP(dismiss.refused));
}

}  // namespace ocibench::protocol
