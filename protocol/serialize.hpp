#pragma once

#include "protocol/messages.hpp"
#include "protocol/serialize_model.hpp"

// Records and messages on the wire; see serialize_model.hpp for the rule.

namespace ocibench::protocol {

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
void serialize(A& archive, WireObserved& wire_observed) {
  archive(CEREAL_NVP(wire_observed.id), CEREAL_NVP(wire_observed.outcome),
          CEREAL_NVP(wire_observed.observation));
}

template <Fields A>
void serialize(A& archive, CampaignStarted& campaign_started) {
  archive(
      CEREAL_NVP(campaign_started.campaign), CEREAL_NVP(campaign_started.at),
      cereal::make_nvp("campaign_started.campaign_toml", Document{campaign_started.campaign_toml}),
      cereal::make_nvp("campaign_started.plan_json", Document{campaign_started.plan_json}),
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
          CEREAL_NVP(heartbeat.iteration), CEREAL_NVP(heartbeat.sent_at),
          CEREAL_NVP(heartbeat.ready));
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
  archive(CEREAL_NVP(assign.boot), CEREAL_NVP(assign.assignment));
}

template <Fields A>
void serialize(A& archive, Ack& ack) {
  archive(CEREAL_NVP(ack.boot), CEREAL_NVP(ack.next_seq));
}

template <Fields A>
void serialize(A& archive, HeartbeatReply& heartbeat_reply) {
  archive(CEREAL_NVP(heartbeat_reply.boot), CEREAL_NVP(heartbeat_reply.sent_at),
          CEREAL_NVP(heartbeat_reply.at));
}

template <Fields A>
void serialize(A& archive, Begin& begin) {
  archive(CEREAL_NVP(begin.id), CEREAL_NVP(begin.iteration), CEREAL_NVP(begin.at),
          CEREAL_NVP(begin.together), CEREAL_NVP(begin.of));
}

template <Fields A>
void serialize(A& archive, Cancel& cancel) {
  archive(CEREAL_NVP(cancel.id), CEREAL_NVP(cancel.reason));
}

template <Fields A>
void serialize(A& archive, Dismiss& dismiss) {
  archive(CEREAL_NVP(dismiss.boot), CEREAL_NVP(dismiss.reason), CEREAL_NVP(dismiss.refused));
}

}  // namespace ocibench::protocol
