#include "agent/observe/access_log.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench::agent {
namespace {

using testing::HasSubstr;

// nginx 1.22.1, skopeo 1.9.3 against docker-registry 2.8.2.
const std::string kLine =
    R"({"ended":"1763757437.123","took":"0.002","connection":7,"nth":1,"protocol":"HTTP/1.1",)"
    R"("method":"GET","target":"/v2/lib/a/manifests/1","status":"200","received":412,"sent":1071,)"
    R"("agent":"skopeo/1.9.3"})";

std::string with(const std::string& from, const std::string& to) {
  std::string line = kLine;
  return line.replace(line.find(from), from.size(), to);
}

TEST(AccessLog, ReadsALine) {
  const Result<LoggedRequest> request = parse_log_line(kLine);
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(*request, (LoggedRequest{.ended = WallTime(std::chrono::milliseconds(1763757437123)),
                                     .connection = 7,
                                     .method = "GET",
                                     .target = "/v2/lib/a/manifests/1",
                                     .status = 200,
                                     .received_bytes = 412,
                                     .sent_bytes = 1071,
                                     .user_agent = "skopeo/1.9.3"}));
}

TEST(AccessLog, ReadsARequestThatWasNone) {
  const auto request = parse_log_line(with("\"200\"", "\"000\""));
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->status, 0);
}

TEST(AccessLog, RefusesWhatNginxDoesNotWrite) {
  for (const std::string& line :
       {std::string(), std::string("{}"), std::string("null"), kLine + "x", "[" + kLine + "]",
        with("1763757437.123", "1763757437"), with("1763757437.123", "1763757437.12"),
        with("1763757437.123", "-1.123"), with("1763757437.123", "999999999999.123"),
        with("\"200\"", "200"), with("\"200\"", "\"\""), with("\"200\"", "\"1000\""),
        with("\"200\"", "\"-20\""), with("412", "-1"), with("412", "1e3"),
        with("\"GET\"", "[\"GET\"]"), with("skopeo", "\xff")}) {
    EXPECT_FALSE(parse_log_line(line)) << line;
  }
}

TEST(AccessLog, RefusesALineWithoutBounds) {
  const auto request = parse_log_line(with("skopeo", std::string(kMaxLogLineBytes, 'x')));
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().code, ErrorCode::limit);
}

TEST(AccessLog, KeepsTheOrderOfItsLines) {
  const auto requests = parse_access_log(kLine + "\n" + with("GET", "HEAD") + "\n");
  ASSERT_TRUE(requests) << requests.error().message;
  ASSERT_EQ(requests->size(), 2U);
  EXPECT_EQ(requests->at(1).method, "HEAD");
  EXPECT_TRUE(parse_access_log("")->empty());
}

TEST(AccessLog, NamesTheLineThatItCannotRead) {
  const auto bad = parse_access_log(kLine + "\nGET /\n");
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().message, HasSubstr("request 2"));
  const auto cut = parse_access_log(kLine + "\n" + kLine);
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().message, HasSubstr("ends within a line"));
}

}  // namespace
}  // namespace ocibench::agent
