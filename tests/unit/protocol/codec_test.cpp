#include "protocol/codec.hpp"

#include <filesystem>
#include <limits>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "protocol/crc32c.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/message_examples.hpp"

namespace ocibench::protocol {
namespace {

using testing::HasSubstr;
using testing_support::Example;

constexpr std::size_t kHeaderBytes = 16;

/// One example as bytes, and the decoder it is meant for.
struct FrameExample {
  std::string name;
  std::string frame;
  bool (*decodes)(std::string_view);
  bool (*survives_round_trip)(std::string_view);
};

template <class Message, auto encode_one, auto decode_one>
void add_frames(std::vector<FrameExample>& frames, const std::vector<Example<Message>>& examples) {
  for (const Example<Message>& example : examples) {
    frames.push_back({example.name, encode_one(example.message),
                      [](std::string_view frame) { return decode_one(frame).has_value(); },
                      [](std::string_view frame) {
                        const auto message = decode_one(frame);
                        return message && encode_one(*message) == frame;
                      }});
    EXPECT_EQ(decode_one(frames.back().frame), example.message) << example.name;
  }
}

std::string encode_agent(const AgentMessage& message) { return encode(message); }
std::string encode_coordinator(const CoordinatorMessage& message) { return encode(message); }
std::string encode_agent_record(const AgentRecord& record) { return encode_record(record); }
std::string encode_coordinator_record(const CoordinatorRecord& record) {
  return encode_record(record);
}

std::vector<FrameExample> all_frames() {
  std::vector<FrameExample> frames;
  add_frames<AgentMessage, encode_agent, decode_agent_message>(frames,
                                                               testing_support::agent_messages());
  add_frames<CoordinatorMessage, encode_coordinator, decode_coordinator_message>(
      frames, testing_support::coordinator_messages());
  add_frames<AgentRecord, encode_agent_record, decode_agent_record>(
      frames, testing_support::agent_records());
  add_frames<CoordinatorRecord, encode_coordinator_record, decode_stored_coordinator_record>(
      frames, testing_support::coordinator_records());
  return frames;
}

void put_little_endian(std::string& frame, std::size_t at, std::uint64_t value, std::size_t width) {
  for (std::size_t byte = 0; byte < width; ++byte) {
    frame[at + byte] = static_cast<char>((value >> (8 * byte)) & 0xFF);
  }
}

/// A frame of that kind around any payload, with a right length and checksum.
std::string frame_around(std::string_view frame, const std::string& payload) {
  std::string made = std::string(frame.substr(0, kHeaderBytes)) + payload;
  put_little_endian(made, 8, payload.size(), 4);
  put_little_endian(made, 12, crc32c(payload), 4);
  return made;
}

std::string ack_frame() { return encode(CoordinatorMessage{Ack{BootId{"b"}, 7}}); }

std::string refusal_of(std::string_view frame) {
  const auto decoded = decode_coordinator_message(frame);
  if (decoded) {
    return "accepted";
  }
  EXPECT_EQ(decoded.error().code, ErrorCode::bad_input);
  return decoded.error().message;
}

void decode_with_all(std::string_view bytes) {
  (void)decode_agent_message(bytes);
  (void)decode_coordinator_message(bytes);
  (void)decode_agent_record(bytes);
  (void)decode_stored_agent_record(bytes);
  (void)decode_stored_coordinator_record(bytes);
}

TEST(Codec, GivesBackEveryMessageAndRecord) {
  for (const FrameExample& example : all_frames()) {
    EXPECT_TRUE(example.survives_round_trip(example.frame)) << example.name;
  }
}

TEST(Codec, WritesTheSameBytesAsEver) {
  std::set<std::string> names;
  for (const FrameExample& example : all_frames()) {
    EXPECT_TRUE(names.insert(example.name).second) << example.name << " is there twice";
    EXPECT_TRUE(testing_support::matches_golden(testing_support::to_hex_lines(example.frame),
                                                "tests/golden/protocol/" + example.name + ".hex"));
    EXPECT_TRUE(testing_support::matches_golden(
        example.frame, "tests/fuzz/corpus/decode/" + example.name + ".bin"));
  }
}

TEST(Codec, RefusesAFrameCutAnywhere) {
  for (const FrameExample& example : all_frames()) {
    for (std::size_t size = 0; size < example.frame.size(); ++size) {
      EXPECT_FALSE(example.decodes(example.frame.substr(0, size))) << example.name << ' ' << size;
    }
  }
}

TEST(Codec, RefusesAPayloadCutAnywhereUnderAValidChecksum) {
  for (const FrameExample& example : all_frames()) {
    const std::string payload = example.frame.substr(kHeaderBytes);
    for (std::size_t size = 0; size < payload.size(); ++size) {
      const std::string cut = frame_around(example.frame, payload.substr(0, size));
      EXPECT_FALSE(example.decodes(cut)) << example.name << ' ' << size;
    }
  }
}

TEST(Codec, NoticesEverySingleFlippedBit) {
  for (const FrameExample& example : all_frames()) {
    for (std::size_t bit = 0; bit < example.frame.size() * 8; ++bit) {
      std::string flipped = example.frame;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      EXPECT_FALSE(example.decodes(flipped)) << example.name << " bit " << bit;
    }
  }
}

TEST(Codec, HasOnlyOneFormForWhatItAcceptsFromAFlippedPayload) {
  for (const FrameExample& example : all_frames()) {
    const std::string payload = example.frame.substr(kHeaderBytes);
    for (std::size_t bit = 0; bit < payload.size() * 8; ++bit) {
      std::string flipped = payload;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      const std::string frame = frame_around(example.frame, flipped);
      if (example.decodes(frame)) {
        EXPECT_TRUE(example.survives_round_trip(frame)) << example.name << " bit " << bit;
      }
    }
  }
}

TEST(Codec, TakesNoCountOnTrust) {
  // A Hello whose list of tools claims 2^29 elements in the bytes that follow it.
  const std::string hello =
      encode(AgentMessage{Hello{.agent = AgentName{"a"}, .boot = BootId{"b"}}});
  std::string payload = hello.substr(kHeaderBytes);
  const std::size_t tools_at = payload.size() - 8;
  put_little_endian(payload, tools_at, std::uint64_t{1} << 29, 4);
  const auto decoded = decode_agent_message(frame_around(hello, payload));
  ASSERT_FALSE(decoded);
  EXPECT_THAT(decoded.error().message, HasSubstr("hello.tools: 536870912 elements cannot be in"));
}

TEST(Codec, RefusesNineBytesThatClaimGigabytes) {
  const std::string bomb("\x00\x00\x00\x20\x00\x00\x00\x00\x01", 9);
  decode_with_all(bomb);
  EXPECT_THAT(refusal_of(frame_around(ack_frame(), bomb)), HasSubstr("ack.boot"));
}

TEST(Codec, RefusesBytesAfterTheMessage) {
  const std::string payload = ack_frame().substr(kHeaderBytes) + '\0';
  EXPECT_THAT(refusal_of(frame_around(ack_frame(), payload)), HasSubstr("1 bytes too many"));
  EXPECT_THAT(refusal_of(ack_frame() + '\0'), HasSubstr("payload length"));
}

TEST(Codec, NamesBothVersionsWhenTheyDiffer) {
  std::string frame = ack_frame();
  put_little_endian(frame, 4, 9, 2);
  EXPECT_THAT(refusal_of(frame), HasSubstr(fmt::format("protocol version 9, this program speaks {}",
                                                       kProtocolVersion)));
}

TEST(Codec, RefusesForeignMagicAndUnexpectedKinds) {
  std::string frame = ack_frame();
  frame[0] = 'X';
  EXPECT_THAT(refusal_of(frame), HasSubstr("magic"));
  EXPECT_THAT(refusal_of(encode(AgentMessage{Goodbye{BootId{"b"}, ""}})), HasSubstr("kind: 4"));
}

TEST(Codec, RefusesAFrameOverTheCapBeforeLookingIntoIt) {
  const std::string payload(kMaxFrameBytes, 'x');
  EXPECT_THAT(refusal_of(frame_around(ack_frame(), payload)), HasSubstr("a frame is at most"));
}

TEST(Codec, RefusesABoolThatIsNeitherZeroNorOne) {
  const std::string frame = encode(CoordinatorMessage{Dismiss{BootId("b"), "", true}});
  std::string payload = frame.substr(kHeaderBytes);
  payload.back() = 7;
  EXPECT_THAT(refusal_of(frame_around(frame, payload)), HasSubstr("dismiss.refused: 7"));
}

TEST(Codec, RefusesTextThatIsNotUtf8) {
  const std::string frame = encode(CoordinatorMessage{Dismiss{BootId("b"), "e", true}});
  std::string payload = frame.substr(kHeaderBytes);
  payload[payload.size() - 2] = '\xE9';  // before the bool
  EXPECT_THAT(refusal_of(frame_around(frame, payload)), HasSubstr("dismiss.reason"));
}

TEST(Codec, MendsTextThatIsNotUtf8InsteadOfStoringWhatCannotBeRead) {
  const auto decoded =
      decode_agent_message(encode(AgentMessage{Goodbye{BootId{"b"}, "caf\xE9 \xC2\xB5"}}));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(std::get<Goodbye>(*decoded).reason, "caf? \xC2\xB5");
}

TEST(Codec, ReplaysTheFuzzCorpus) {
  std::size_t files = 0;
  const std::filesystem::path corpus =
      std::filesystem::path(OCIBENCH_SOURCE_DIR) / "tests/fuzz/corpus/decode";
  for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
    const auto bytes = read_file(entry.path(), 2 * kMaxFrameBytes);
    ASSERT_TRUE(bytes) << bytes.error().message;
    decode_with_all(*bytes);
    ++files;
  }
  EXPECT_GE(files, all_frames().size());
}

}  // namespace
}  // namespace ocibench::protocol
