#include "common/json.hpp"

#include <string>

#include <gtest/gtest.h>

namespace ocibench {
namespace {

std::string error_of(std::string_view text, JsonLimits limits = {}) {
  const Result<Json> json = parse_json(text, "x.json", limits);
  return json ? "accepted" : json.error().message;
}

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) {
    all += text;
  }
  return all;
}

TEST(ParseJson, KeepsTheOrderOfNames) {
  const Result<Json> json = parse_json(R"({"z":1,"a":[true,null,"t"],"m":{"x":-2.5}})", "x.json");
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(json->dump(), R"({"z":1,"a":[true,null,"t"],"m":{"x":-2.5}})");
}

TEST(ParseJson, RefusesWhatTheStandardDoesNotKnow) {
  EXPECT_NE(error_of("{} x"), "accepted");
  EXPECT_NE(error_of("{} // comment"), "accepted");
  EXPECT_NE(error_of("{\"a\":1,}"), "accepted");
  EXPECT_NE(error_of(""), "accepted");
  EXPECT_NE(error_of("\"\xff\""), "accepted");
  EXPECT_NE(error_of("[NaN]"), "accepted");
  EXPECT_NE(error_of("[1e999]"), "accepted");
}

TEST(ParseJson, NamesOriginAndLine) {
  EXPECT_NE(error_of("{\n\n \"a\": }").find("x.json: parse error at line 3"), std::string::npos);
}

TEST(ParseJson, RefusesANameThatIsThereTwice) {
  EXPECT_EQ(error_of(R"({"a":1,"b":{"a":2},"a":3})"), "x.json: the name \"a\" is there twice");
}

TEST(ParseJson, BoundsSizeAndDepth) {
  EXPECT_EQ(error_of("[1,2,3]", {.max_bytes = 6}), "x.json: 7 bytes of JSON, more than 6");
  EXPECT_EQ(error_of("[[1]]", {.max_depth = 2}), "accepted");
  EXPECT_EQ(error_of("[[{}]]", {.max_depth = 2}), "x.json: nested deeper than 2 levels");
  EXPECT_EQ(error_of(repeated("[", 1'000'000)), "x.json: nested deeper than 64 levels");
}

TEST(ParseJson, TakesLinearTimeForAnObjectOfManyNames) {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) {
    text += "\"" + std::to_string(i) + "\":0,";
  }
  EXPECT_EQ(error_of(text + "\"end\":0}"), "accepted");
}

TEST(DumpJson, ReplacesInvalidUtf8) {
  EXPECT_EQ(dump_json(Json{{"a", "\xff"}}), "{\n  \"a\": \"\xef\xbf\xbd\"\n}\n");
}

class JsonObjectTest : public testing::Test {
 protected:
  Json json_ = Json::parse(R"({"name":"n","count":7,"minus":-7,"big":18446744073709551615,
    "ratio":0.5,"on":true,"inner":{"deep":1},"list":[{"tool":3}],"words":["a","b"],"mixed":["a",1],
    "labels":{"k":"v"}})");
  JsonObject object_ = JsonObject::open(json_, "plan.json").value();
};

TEST_F(JsonObjectTest, ReadsMembersByType) {
  EXPECT_EQ(object_.text("name"), "n");
  EXPECT_EQ(object_.integer("minus"), -7);
  EXPECT_EQ(object_.unsigned_integer("big"), 18446744073709551615U);
  EXPECT_EQ(object_.number("ratio"), 0.5);
  EXPECT_EQ(object_.number("count"), 7.0);
  EXPECT_EQ(object_.boolean("on"), true);
  EXPECT_EQ(object_.texts("words").value(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(object_.text_map("labels").value().at("k"), "v");
  EXPECT_FALSE(object_.has("absent"));
}

TEST(JsonObjectNull, IsAbsentButForWhoeverAsksForIt) {
  const Json json = Json::parse(R"({"nothing":null,"labels":{"k":"v","none":null}})");
  const JsonObject object = JsonObject::open(json, "m.json").value();
  EXPECT_FALSE(object.has("nothing"));
  EXPECT_TRUE(object.is_null("nothing"));
  EXPECT_FALSE(object.is_null("absent"));
  EXPECT_EQ(object.text("nothing").error().message, "m.json: nothing: expected a string");
  EXPECT_EQ(object.text_map("labels").value(), (std::map<std::string, std::string>{{"k", "v"}}));
}

TEST_F(JsonObjectTest, NamesThePathOfWhatIsWrong) {
  EXPECT_EQ(object_.text("count").error().message, "plan.json: count: expected a string");
  EXPECT_EQ(object_.text("absent").error().message, "plan.json: absent: missing");
  EXPECT_EQ(object_.object("inner")->text("deep").error().message,
            "plan.json: inner.deep: expected a string");
  EXPECT_EQ(object_.objects("list")->front().text("tool").error().message,
            "plan.json: list[0].tool: expected a string");
  EXPECT_EQ(object_.texts("mixed").error().message, "plan.json: mixed[1]: expected a string");
}

TEST_F(JsonObjectTest, RefusesNumbersThatDoNotFit) {
  EXPECT_FALSE(object_.integer("big"));
  EXPECT_FALSE(object_.unsigned_integer("minus"));
  EXPECT_FALSE(object_.integer("ratio"));
}

TEST(JsonObjectOpen, RefusesWhatIsNoObject) {
  EXPECT_EQ(JsonObject::open(Json::array(), "plan.json").error().message,
            "plan.json: expected an object");
}

}  // namespace
}  // namespace ocibench
