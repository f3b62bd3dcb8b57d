#include "protocol/validate.hpp"

#include <cmath>
#include <concepts>
#include <string>

#include <fmt/format.h>

#include "common/model/names.hpp"
#include "protocol/serialize.hpp"

namespace ocibench::protocol {
/// Not in the unnamed namespace, so that cereal finds the functions of serialize.hpp for it.
///
/// Walks a message like an encoder and looks at every field by its type, so that a new field cannot
/// be forgotten. What depends on more than the type is in the rules below.
class FieldChecker : public cereal::OutputArchive<FieldChecker, cereal::AllowEmptyClassElision> {
 public:
  FieldChecker() : OutputArchive(this) {}

  void enter_field(const char* name) { field_ = name; }
  void require(bool holds, std::string_view what) const { require(holds, field_, what); }
  static void require(bool holds, std::string_view field, std::string_view what) {
    if (!holds) {
      throw cereal::Exception(fmt::format("{}: {}", field, what));
    }
  }

  void put_count(std::size_t count) {
    require(count <= kMaxListElements, "more than 65536 elements");
  }
  template <class T>
    requires WireInteger<T> || std::same_as<T, bool>
  void put(T) {}
  template <WireEnum T>
  void put(T value) {
    require(static_cast<std::uint8_t>(value) < kEnumerators<T>, "no such value");
  }
  template <std::same_as<double> T>
  void put(T value) {
    require(std::isfinite(value), "not a finite number");
  }
  template <class Rep, class Period>
  void put(std::chrono::duration<Rep, Period> value) {
    require(value >= value.zero(), "a negative duration");
    require(value <= kMaxDuration, "a duration of more than a year");
  }
  void put(MonoTime value) { require(value >= MonoTime{}, "not a time since the machine started"); }
  void put(WallTime value) {
    require(value >= WallTime{} && value <= kMaxWallTime, "not a time between 1970 and 9999");
  }
  void put(const std::string&) {}
  void put(const LongText&) {}
  void put(const Document& text) {
    require(text.value.size() <= kMaxDocumentBytes, "longer than 6 MiB");
  }
  void put(const Bytes&) {}
  void put(const AgentName& name) {
    require(is_agent_name(name.str()), "an agent's name is 1 to 64 of a-z, 0-9 and '-'");
  }
  void put(const TrialId& id) {
    require(is_trial_id(id.str()), "a trial's id is plain names separated by '/'");
  }
  void put(const BootId& id) {
    require(!id.empty(), "empty");
    check_word(id.str());
  }
  void put(const CampaignId& id) { check_word(id.str()); }

 private:
  void check_word(const std::string& text) const {
    require(is_id(text), "an id is at most 64 of A-Z, a-z, 0-9, '-' and '_'");
  }

  const char* field_ = "message";
};

// ---- rules that need more than a field's type

namespace {

void check_rules(const FieldChecker& checker, const AttemptId& id) {
  checker.require(id.attempt >= 1, "attempt_id.attempt", "counted from 1");
}

void check_rules(const FieldChecker& checker, const Assignment& assignment) {
  checker.require(!assignment.campaign.empty(), "assignment.campaign", "empty");
  checker.require(assignment.attempt >= 1, "assignment.attempt", "counted from 1");
}

void check_rules(const FieldChecker& checker, const Iteration& iteration) {
  checker.require(iteration.index >= 1, "iteration.index", "counted from 1");
}

void check_rules(const FieldChecker& checker, const IterationFinishedV5& old) {
  check_rules(checker, old.value.iteration);
}

void check_rules(const FieldChecker& checker, const Verification& verification) {
  checker.require(verification.content_sha256.empty() ||
                      is_lower_hex(verification.content_sha256, kSha256Digits),
                  "verification.content_sha256", "not 64 lower-case hexadecimal digits");
}

void check_rules(const FieldChecker& checker, const ArtifactChunk& chunk) {
  checker.require(is_artifact_name(chunk.name), "artifact_chunk.name", "not a plain file name");
  checker.require(chunk.bytes.size() <= ArtifactChunk::kMaxBytes, "artifact_chunk.bytes",
                  "longer than 256 KiB");
  checker.require(
      chunk.offset <= kMaxArtifactBytes && chunk.bytes.size() <= kMaxArtifactBytes - chunk.offset,
      "artifact_chunk.offset", "the file would be larger than 32 MB");
}

void check_rules(const FieldChecker& checker, const CampaignStarted& started) {
  checker.require(!started.campaign.empty(), "campaign_started.campaign", "empty");
}

void check_rules(const FieldChecker& checker, const Hello& hello) {
  checker.require(hello.next_seq <= kMaxSeq, "hello.next_seq", "beyond any sequence number");
}

void check_rules(const FieldChecker& checker, const RecordMessage& record) {
  checker.require(!record.campaign.empty(), "record.campaign", "empty");
  checker.require(record.seq <= kMaxSeq, "record.seq", "beyond any sequence number");
  checker.require(record.payload.size() <= kMaxRecordBytes, "record.payload",
                  "longer than a frame can carry");
}

void check_rules(const FieldChecker& checker, const Welcome& welcome) {
  checker.require(!welcome.campaign.empty(), "welcome.campaign", "empty");
  checker.require(welcome.next_seq <= kMaxSeq, "welcome.next_seq", "beyond any sequence number");
  checker.require(welcome.heartbeat_ms >= 1, "welcome.heartbeat_ms", "must not be 0");
}

void check_rules(const FieldChecker& checker, const Ack& ack) {
  checker.require(ack.next_seq <= kMaxSeq, "ack.next_seq", "beyond any sequence number");
}

}  // namespace

/// cereal calls this before it walks any value.
template <class T>
void prologue(FieldChecker& checker, const T& value) {
  if constexpr (requires { check_rules(checker, value); }) {
    check_rules(checker, value);
  }
}

namespace {

template <class Variant>
Result<void> check(const Variant& message) {
  try {
    FieldChecker checker;
    std::visit([&checker](const auto& alternative) { checker(alternative); }, message);
  } catch (const cereal::Exception& error) {
    return fail(ErrorCode::bad_input, error.what());
  }
  return {};
}

}  // namespace

Result<void> validate(const AgentMessage& message) { return check(message); }
Result<void> validate(const CoordinatorMessage& message) { return check(message); }
Result<void> validate(const AgentRecord& record) { return check(record); }
Result<void> validate(const CoordinatorRecord& record) { return check(record); }
Result<void> validate(const AgentRecordV5& record) { return check(record); }

}  // namespace ocibench::protocol
