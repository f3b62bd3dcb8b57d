#include "coordinator/analysis/journal.hpp"

#include <utility>

#include <fmt/format.h>

#include "common/json.hpp"
#include "coordinator/analysis/producers.hpp"
#include "coordinator/dispatch/stream_names.hpp"
#include "protocol/codec.hpp"

namespace ocibench::coordinator {
namespace {

Result<JournalEntry> decode(const durable::StoredRecord& record) {
  const std::string where =
      fmt::format("journal record {} of stream {}", record.seq, record.stream);
  if (record.stream == kCoordinatorStream) {
    Result<CoordinatorRecord> decision = protocol::decode_stored_coordinator_record(record.payload);
    if (!decision) {
      return fail(decision.error(), where);
    }
    return JournalEntry{.seq = record.seq, .body = std::move(*decision)};
  }
  std::optional<AgentStream> stream = parse_agent_stream(record.stream);
  if (!stream) {
    return fail(ErrorCode::bad_input, fmt::format("{}: not a stream of a journal", where));
  }
  Result<AgentRecord> told = protocol::decode_stored_agent_record(record.payload);
  if (!told) {
    return fail(told.error(), where);
  }
  return JournalEntry{.agent = std::move(stream->agent),
                      .boot = std::move(stream->boot),
                      .seq = record.seq,
                      .body = std::move(*told)};
}

void drop_artifact_bytes(JournalEntry& entry) {
  if (auto* told = std::get_if<AgentRecord>(&entry.body)) {
    if (auto* chunk = std::get_if<ArtifactChunk>(told)) {
      chunk->bytes = {};
    }
  }
}

}  // namespace

Result<std::vector<JournalEntry>> read_journal(const durable::RecordLog& log) {
  std::vector<JournalEntry> journal;
  const Result<void> scanned = log.scan([&](const durable::StoredRecord& record) -> Result<void> {
    Result<JournalEntry> entry = decode(record);
    if (!entry) {
      return tl::unexpected(entry.error());
    }
    drop_artifact_bytes(*entry);
    journal.push_back(std::move(*entry));
    return {};
  });
  if (!scanned) {
    return tl::unexpected(scanned.error());
  }
  return journal;
}

Result<void> visit_journal(const durable::RecordLog& log,
                           const std::function<Result<void>(const JournalEntry&)>& visit) {
  return log.scan([&](const durable::StoredRecord& record) -> Result<void> {
    const Result<JournalEntry> entry = decode(record);
    return entry ? visit(*entry) : tl::unexpected(entry.error());
  });
}

Result<Plan> plan_of(const std::vector<JournalEntry>& journal) {
  for (const JournalEntry& entry : journal) {
    const auto* decision = std::get_if<CoordinatorRecord>(&entry.body);
    const auto* started = decision == nullptr ? nullptr : std::get_if<CampaignStarted>(decision);
    if (started != nullptr) {
      const Result<Json> json = parse_json(started->plan_json, "plan.json");
      return json ? plan_from_json(*json) : tl::unexpected(json.error());
    }
  }
  return fail(ErrorCode::not_found, "the journal does not hold the start of a campaign");
}

Result<Analysis> analyse_journal(const durable::RecordLog& log) {
  const Result<std::vector<JournalEntry>> journal = read_journal(log);
  if (!journal) {
    return tl::unexpected(journal.error());
  }
  const Result<Plan> plan = plan_of(*journal);
  if (!plan) {
    return tl::unexpected(plan.error());
  }
  const Result<std::vector<std::string>> producers = producers_of(log);
  if (!producers) {
    return tl::unexpected(producers.error());
  }
  Analysis analysis = analyse(*plan, *journal);
  if (const auto finding = producers_finding(*producers)) {
    analysis.findings.push_back(*finding);
  }
  return analysis;
}

}  // namespace ocibench::coordinator
