#include "common/aws/service_error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/aws/xml.hpp"

namespace ocibench::aws {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

http::Response answer(int status, std::string body) {
  return {.status = status, .headers = {}, .body = std::move(body)};
}

Error explained(const http::Response& response) {
  return explain({"s3", "PutObject", "s3:PutObject", "the role lane-1 of this instance"}, response,
                 service_error_of(response));
}

TEST(ServiceError, IsReadFromJson) {
  const auto error = service_error_of(
      answer(400, R"({"__type":"com.amazonaws.ecr#LimitExceededException","message":"too many"})"));
  EXPECT_EQ(error.type, "LimitExceededException");
  EXPECT_EQ(error.message, "too many");
}

TEST(ServiceError, IsReadFromXml) {
  const auto error = service_error_of(
      answer(403,
             "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>a &lt; b</Message>"
             "</Error>"));
  EXPECT_EQ(error.type, "AccessDenied");
  EXPECT_EQ(error.message, "a < b");
}

TEST(ServiceError, MayFollowTheStatusOfASuccess) {
  for (const char* body :
       {"<Error><Code>InternalError</Code></Error>",
        "\n \n<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code></Error>"}) {
    EXPECT_TRUE(is_error_document(answer(200, body))) << body;
    EXPECT_EQ(service_error_of(answer(200, body)).type, "InternalError") << body;
    EXPECT_EQ(explained(answer(200, body)).code, ErrorCode::unavailable) << body;
  }
  for (const char* body : {"", "<?xml", "{\"Error\":1}", "<ErrorList></ErrorList>",
                           "<CompleteMultipartUploadResult><Error></Error>"
                           "</CompleteMultipartUploadResult>"}) {
    EXPECT_FALSE(is_error_document(answer(200, body))) << body;
  }
}

TEST(Xml, IsWholeWhenItsRootIsClosedAtTheEnd) {
  for (const char* whole : {"<a><b>1</b></a>\r\n", "\n<?xml version=\"1.0\"?>\n<a x=\"1\"></a>"}) {
    EXPECT_TRUE(is_whole_document(whole)) << whole;
  }
  for (const char* cut : {"<a><b>1</b></a", "<a><b>1</b>", "<a><b>1</b></a><c>", "<?xml version",
                          "<?xml version=\"1.0\"?>", "<a", "", "{}"}) {
    EXPECT_FALSE(is_whole_document(cut)) << cut;
  }
}

TEST(ServiceError, IsTheHeaderOrTheStatusWhereTheBodySaysNothing) {
  http::Response header = answer(400, "");
  header.headers.emplace("x-amzn-errortype", "ThrottlingException:http://internal.amazon.com/");
  EXPECT_EQ(service_error_of(header).type, "ThrottlingException");
  EXPECT_EQ(service_error_of(answer(403, "")).type, "403");
  EXPECT_EQ(service_error_of(answer(500, "{\"__type\":7")).type, "500");
}

TEST(ServiceError, SaysWhatToDo) {
  EXPECT_THAT(explained(answer(403, "")).message,
              HasSubstr("allow s3:PutObject to the role lane-1 of this instance"));
  EXPECT_THAT(explained(answer(400, R"({"__type":"ExpiredTokenException"})")).message,
              HasSubstr("get a fresh key"));
  http::Response elsewhere = answer(301, "<Error><Code>PermanentRedirect</Code></Error>");
  elsewhere.headers.emplace("x-amz-bucket-region", "eu-west-1");
  EXPECT_THAT(explained(elsewhere).message, HasSubstr("AWS_REGION=eu-west-1"));
}

TEST(ServiceError, ShowsNoControlCharactersAndNoNovels) {
  const Error error = explained(answer(400, "<Error><Code>X</Code><Message>\x1b[2J" +
                                                std::string(10'000, 'x') + "</Message></Error>"));
  EXPECT_EQ(error.message.find('\x1b'), std::string::npos);
  EXPECT_LT(error.message.size(), 1000U);
}

TEST(ServiceError, KnowsWhatIsAbsentAndWhatIsRefused) {
  EXPECT_EQ(explained(answer(404, "")).code, ErrorCode::not_found);
  EXPECT_EQ(explained(answer(400, R"({"__type":"RepositoryNotFoundException"})")).code,
            ErrorCode::not_found);
  EXPECT_EQ(explained(answer(400, R"({"__type":"ThrottlingException"})")).code,
            ErrorCode::unavailable);
  EXPECT_EQ(explained(answer(400, R"({"__type":"InvalidParameterException"})")).code,
            ErrorCode::conflict);
}

TEST(Xml, GivesElementsByName) {
  EXPECT_THAT(xml_elements("<a><k>1</k><k/><k>2</k></a>", "k"), ElementsAre("1", "2"));
  EXPECT_EQ(xml_text("<k>&quot;a&amp;lt;&quot;</k>", "k"), "\"a&lt;\"");
  EXPECT_EQ(xml_escaped("\"a<b>&'"), "&quot;a&lt;b&gt;&amp;&apos;");
}

TEST(Xml, FindsNothingInWhatIsMalformed) {
  for (const char* text : {"", "<k>", "</k>", "<k>1", "k>1</k>", "<k >1</k>"}) {
    EXPECT_THAT(xml_elements(text, "k"), IsEmpty()) << text;
  }
}

}  // namespace
}  // namespace ocibench::aws
