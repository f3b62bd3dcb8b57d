// Terraform checks a configuration against its provider's schema, but gets the provider from the
// network. This checks the names of resources, blocks, arguments and attributes against a committed
// list of them (aws_arguments.json), so that a wrong one shows here and not in somebody's account.

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "common/json.hpp"
#include "tests/support/hcl.hpp"

namespace ocibench {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::HclBlock;
using testing_support::parse_hcl;

constexpr std::uint64_t kMaxFile = 1024 * 1024;
const fs::path kRoot = OCIBENCH_SOURCE_DIR;

std::string text_of(const fs::path& file) { return read_file(file, kMaxFile).value(); }

const Json& known_resources() {
  static const Json kKnown =
      parse_json(text_of(kRoot / "tests/tidy/aws_arguments.json"), "list").value().at("resources");
  return kKnown;
}

/// What Terraform itself understands in every resource.
const std::set<std::string> kMetaArguments = {"count", "for_each", "provider", "depends_on"};
const std::set<std::string> kMetaBlocks = {"lifecycle", "provisioner", "connection"};

using Findings = std::vector<std::string>;

std::string at(std::size_t line, const std::string& what) {
  return "line " + std::to_string(line) + ": " + what;
}

void check_block(const HclBlock& block, const Json& known, const std::string& name,
                 Findings& findings);

/// `dynamic "x" { content {...} }` stands for blocks x.
void check_inner(const HclBlock& inner, const Json& known, const std::string& name,
                 Findings& findings) {
  const bool dynamic = inner.type == "dynamic" && inner.labels.size() == 1;
  const std::string type = dynamic ? inner.labels.front() : inner.type;
  if (kMetaBlocks.contains(type)) {
    return;
  }
  const Json blocks = known.value("blocks", Json::object());
  if (!blocks.contains(type)) {
    findings.push_back(at(inner.line, name + " has no block " + type));
    return;
  }
  for (const HclBlock& content : inner.blocks) {
    if (dynamic && content.type == "content") {
      check_block(content, blocks.at(type), name + "." + type, findings);
    }
  }
  if (!dynamic) {
    check_block(inner, blocks.at(type), name + "." + type, findings);
  }
}

void check_block(const HclBlock& block, const Json& known, const std::string& name,
                 Findings& findings) {
  const Json& arguments = known.at("arguments");
  for (const auto& [attribute, line] : block.attributes) {
    if (!arguments.contains(attribute) && !kMetaArguments.contains(attribute)) {
      findings.push_back(at(line, name + " has no argument " + attribute));
    }
  }
  for (const auto& [argument, need] : arguments.items()) {
    if (need == "required" && !block.attributes.contains(argument)) {
      findings.push_back(at(block.line, name + " needs " + argument));
    }
  }
  std::set<std::string> present;
  for (const HclBlock& inner : block.blocks) {
    present.insert(inner.type == "dynamic" && !inner.labels.empty() ? inner.labels.front()
                                                                    : inner.type);
    check_inner(inner, known, name, findings);
  }
  const Json blocks = known.value("blocks", Json::object());
  for (const auto& [inner, its] : blocks.items()) {
    if (its.value("required", false) && !present.contains(inner)) {
      findings.push_back(at(block.line, name + " needs a block " + inner));
    }
  }
}

/// "aws_vpc.fleet", "data.aws_partition.current", with the line.
std::map<std::string, std::size_t> declared(const HclBlock& file) {
  std::map<std::string, std::size_t> names;
  for (const HclBlock& block : file.blocks) {
    if ((block.type == "resource" || block.type == "data") && block.labels.size() == 2) {
      names[(block.type == "data" ? "data." : "") + block.labels[0] + "." + block.labels[1]] =
          block.line;
    }
  }
  return names;
}

bool has_attribute(const Json& known, const std::string& attribute) {
  const Json& more = known.at("attributes");
  return known.at("arguments").contains(attribute) ||
         known.value("blocks", Json::object()).contains(attribute) ||
         std::find(more.begin(), more.end(), attribute) != more.end();
}

/// aws_vpc.fleet.id, aws_instance.machine["x"].id: is it declared, has it such an attribute?
void check_references(const std::string& text, const std::map<std::string, std::size_t>& names,
                      Findings& findings) {
  static const std::regex kReference(R"(((data\.)?(aws_\w+))\.(\w+)(\[[^\]]*\])?(\.(\w+))?)");
  for (std::sregex_iterator it(text.begin(), text.end(), kReference), end; it != end; ++it) {
    const std::string type = (*it)[1];
    const std::string name = type + "." + (*it)[4].str();
    const std::string attribute = (*it)[7];
    if (!names.contains(name)) {
      findings.push_back(name + " is declared nowhere");
    } else if (!attribute.empty() && known_resources().contains(type) &&
               !has_attribute(known_resources().at(type), attribute)) {
      findings.push_back(name + " has no attribute " + attribute);
    }
  }
}

/// Of the files of one module.
Findings findings_in(const std::vector<std::string>& texts) {
  Findings findings;
  std::map<std::string, std::size_t> names;
  for (const std::string& text : texts) {
    const HclBlock file = parse_hcl(text);
    names.merge(declared(file));
    for (const HclBlock& block : file.blocks) {
      if ((block.type != "resource" && block.type != "data") || block.labels.size() != 2) {
        continue;
      }
      const std::string type = (block.type == "data" ? "data." : "") + block.labels[0];
      if (!known_resources().contains(type)) {
        findings.push_back(at(block.line, type + " is not in tests/tidy/aws_arguments.json"));
        continue;
      }
      check_block(block, known_resources().at(type), type, findings);
    }
  }
  for (const std::string& text : texts) {
    check_references(text, names, findings);
  }
  return findings;
}

/// Of every .tf file of a folder of terraform/.
std::vector<std::string> texts_of(const std::string& folder) {
  std::vector<std::string> texts;
  for (const auto& entry : fs::directory_iterator(kRoot / "terraform" / folder)) {
    if (entry.path().extension() == ".tf") {
      texts.push_back(text_of(entry.path()));
    }
  }
  return texts;
}

TEST(Terraform, UsesOnlyWhatTheProviderHas) {
  std::size_t modules = 0;
  for (const char* folder :
       {"aws", "results", "modules/results_bucket", "modules/plan", "modules/end"}) {
    const std::vector<std::string> texts = texts_of(folder);
    ASSERT_FALSE(texts.empty()) << folder;
    EXPECT_THAT(findings_in(texts), IsEmpty()) << folder;
    ++modules;
  }
  EXPECT_EQ(modules, 5U);
}

/// The resource as it is written, from its first line to its closing brace; empty when there is
/// none.
std::string resource_text(const std::vector<std::string>& texts, const std::string& type,
                          const std::string& name) {
  for (const std::string& text : texts) {
    const std::size_t begin = text.find("resource \"" + type + "\" \"" + name + "\" {\n");
    if (begin != std::string::npos) {
      return text.substr(begin, text.find("\n}\n", begin) - begin);
    }
  }
  return "";
}

/// The last labels of the resources of one type.
std::vector<std::string> names_of(const std::vector<std::string>& texts, const std::string& type) {
  std::vector<std::string> names;
  for (const std::string& text : texts) {
    for (const HclBlock& block : parse_hcl(text).blocks) {
      if (block.type == "resource" && block.labels.front() == type) {
        names.push_back(block.labels.back());
      }
    }
  }
  return names;
}

TEST(Terraform, KeepsEveryBucketPrivateEncryptedAndOnTls) {
  std::size_t buckets = 0;
  for (const char* folder : {"aws", "results", "modules/results_bucket"}) {
    const std::vector<std::string> texts = texts_of(folder);
    for (const std::string& name : names_of(texts, "aws_s3_bucket")) {
      ++buckets;
      const std::string block = resource_text(texts, "aws_s3_bucket_public_access_block", name);
      for (const char* setting :
           {"block_public_acls       = true", "block_public_policy     = true",
            "ignore_public_acls      = true", "restrict_public_buckets = true"}) {
        EXPECT_THAT(block, HasSubstr(setting)) << name;
      }
      EXPECT_THAT(resource_text(texts, "aws_s3_bucket_policy", name),
                  AllOf(HasSubstr("Effect    = \"Deny\""), HasSubstr("Action    = \"s3:*\""),
                        HasSubstr("Bool = { \"aws:SecureTransport\" = \"false\" }"),
                        HasSubstr("[aws_s3_bucket." + name + ".arn, \"${aws_s3_bucket." + name +
                                  ".arn}/*\"]")))
          << name;
      EXPECT_THAT(resource_text(texts, "aws_s3_bucket_server_side_encryption_configuration", name),
                  HasSubstr("sse_algorithm"))
          << name;
      EXPECT_THAT(resource_text(texts, "aws_s3_bucket_ownership_controls", name),
                  HasSubstr("BucketOwnerEnforced"))
          << name;
    }
  }
  EXPECT_EQ(buckets, 2U) << "packages and results";
}

TEST(Terraform, EndsEachMachineByAScheduleOfItsOwn) {
  const std::vector<std::string> texts = texts_of("aws");
  const std::string schedule = resource_text(texts, "aws_scheduler_schedule", "terminate");
  // One call with all ids is refused whole when one of them is gone.
  EXPECT_THAT(schedule, AllOf(HasSubstr("for_each                     = module.end.schedules\n"),
                              HasSubstr("input    = each.value.input\n"),
                              HasSubstr("ec2:terminateInstances")));
  EXPECT_THAT(resource_text(texts, "aws_iam_role_policy", "scheduler"),
              HasSubstr("policy = module.end.policy"));
}

TEST(Terraform, LetsNoContainerAndNoOldProtocolReadTheMetadata) {
  const std::vector<std::string> texts = texts_of("aws");
  for (const std::string& name : names_of(texts, "aws_instance")) {
    EXPECT_THAT(resource_text(texts, "aws_instance", name),
                AllOf(HasSubstr("http_tokens                 = \"required\""),
                      HasSubstr("http_put_response_hop_limit = 1"),
                      HasSubstr("encrypted             = true")));
  }
}

TEST(Terraform, EscapesNothingThatLooksLikeAVariable) {
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "terraform")) {
    if (entry.path().extension() == ".tf") {
      EXPECT_EQ(text_of(entry.path()).find("$${"), std::string::npos)
          << entry.path() << ": $${x} is the text ${x}; join a dollar to a value by format()";
    }
  }
}

TEST(Terraform, FindsAnArgumentThatDoesNotExist) {
  EXPECT_THAT(findings_in({"resource \"aws_vpc\" \"x\" {\n  cidr = \"10.0.0.0/8\"\n}\n"}),
              ElementsAre("line 2: aws_vpc has no argument cidr"));
  EXPECT_THAT(findings_in({"resource \"aws_instance\" \"x\" {\n root_block_device {\n  size = 1\n"
                           " }\n}\n"}),
              ElementsAre("line 3: aws_instance.root_block_device has no argument size"));
  EXPECT_THAT(findings_in({"resource \"aws_instance\" \"x\" {\n  root_volume {\n  }\n}\n"}),
              ElementsAre("line 2: aws_instance has no block root_volume"));
  EXPECT_THAT(findings_in({"resource \"aws_vcp\" \"x\" {\n}\n"}),
              ElementsAre(HasSubstr("aws_vcp is not in")));
}

TEST(Terraform, FindsWhatIsMissing) {
  EXPECT_THAT(findings_in({"resource \"aws_iam_role\" \"x\" {\n  name = \"n\"\n}\n"}),
              ElementsAre("line 1: aws_iam_role needs assume_role_policy"));
  EXPECT_THAT(findings_in({"resource \"aws_scheduler_schedule\" \"x\" {\n"
                           "  schedule_expression = \"at()\"\n"
                           "  target {\n    arn = 1\n    role_arn = 2\n  }\n}\n"}),
              ElementsAre("line 1: aws_scheduler_schedule needs a block flexible_time_window"));
}

TEST(Terraform, FindsAReferenceToNothing) {
  const std::string vpc = "resource \"aws_vpc\" \"x\" {\n}\n";
  EXPECT_THAT(findings_in({vpc, "locals {\n  a = aws_vpc.y.id\n}\n"}),
              ElementsAre("aws_vpc.y is declared nowhere"));
  EXPECT_THAT(findings_in({vpc, "locals {\n  a = aws_vpc.x[0].ident\n}\n"}),
              ElementsAre("aws_vpc.x has no attribute ident"));
  EXPECT_THAT(findings_in({vpc, "locals {\n  a = [aws_vpc.x.id, aws_vpc.x.arn]\n}\n"}), IsEmpty());
}

TEST(Hcl, ReadsBlocksAndSkipsExpressions) {
  const HclBlock file = parse_hcl(
      "# a comment with { in it\n"
      "resource \"a_b\" \"c\" {\n"
      "  text = \"}${join(\",\", [for x in y : \"${x}}\"])}$${\" // rest\n"
      "  list = [\n    1,\n    { k = \"]\" },\n  ]\n"
      "  doc = <<-END\n    } not the end\n    END\n"
      "  /* block { */\n"
      "  inner {}\n"
      "  one { a = 1 }\n"
      "}\n");
  ASSERT_EQ(file.blocks.size(), 1U);
  const HclBlock& block = file.blocks.front();
  EXPECT_THAT(block.labels, ElementsAre("a_b", "c"));
  EXPECT_EQ(block.line, 2U);
  EXPECT_EQ(block.attributes,
            (std::map<std::string, std::size_t>{{"text", 3}, {"list", 4}, {"doc", 8}}));
  ASSERT_EQ(block.blocks.size(), 2U);
  EXPECT_EQ(block.blocks[0].line, 12U);
  EXPECT_TRUE(block.blocks[1].attributes.contains("a"));
}

TEST(Hcl, RefusesWhatIsNotClosed) {
  EXPECT_THROW(parse_hcl("a {\n"), std::runtime_error);
  EXPECT_THROW(parse_hcl("a {\n}\n}\n"), std::runtime_error);
  EXPECT_THROW(parse_hcl("a = \"x\n"), std::runtime_error);
  EXPECT_THROW(parse_hcl("a = [1\n"), std::runtime_error);
  EXPECT_THROW(parse_hcl("= 1\n"), std::runtime_error);
}

}  // namespace
}  // namespace ocibench
