#include "coordinator/agent_keys.hpp"

#include <sys/resource.h>

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"

namespace ocibench::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const AgentName kLaneOne("lane-1");
const AgentName kLaneTwo("lane-2");

class AgentKeysTest : public testing::Test {
 protected:
  void add(const AgentName& name) {
    std::ignore =
        protocol::write_key_files(folder(), name, protocol::generate_key_pair().value()).value();
  }
  void write(const std::string& file, const std::string& text) {
    std::ofstream(folder() / file) << text;
  }
  static std::string text_of(const std::filesystem::path& file) {
    return read_file(file, 4096).value();
  }
  /// lane-1's file with another name in it.
  [[nodiscard]] std::string renamed(const std::string& name) const {
    std::string text = text_of(folder() / "lane-1.pub");
    return text.replace(text.find("lane-1"), 6, name);
  }
  std::optional<AgentKeys::Change> look() {
    now_ += AgentKeys::kLookAgain;
    return keys_.look_again(now_);
  }
  [[nodiscard]] std::filesystem::path folder() const { return directory_.path() / "agents"; }
  [[nodiscard]] std::set<AgentName> names() const { return keys_.allowed().names(); }

 private:
  TemporaryDirectory directory_ =
      TemporaryDirectory::create(std::filesystem::temp_directory_path(), "agent-keys-").value();
  MonoTime now_{std::chrono::seconds(100)};

 protected:
  AgentKeys keys_ = [this] {
    add(kLaneOne);
    add(kLaneTwo);
    return AgentKeys::open(folder(), now_).value();
  }();
};

TEST_F(AgentKeysTest, AreOfEveryKeyFileOfTheFolder) {
  write("README", "not a key");
  EXPECT_FALSE(look());
  EXPECT_THAT(names(), ElementsAre(kLaneOne, kLaneTwo));
}

TEST_F(AgentKeysTest, ARemovalTakesEffectWhateverElseIsInTheFolder) {
  write("broken.pub", "this is no TOML = = =");
  std::filesystem::remove(folder() / "lane-1.pub");
  const auto change = look();
  ASSERT_TRUE(change);
  EXPECT_THAT(change->revoked, ElementsAre(kLaneOne));
  EXPECT_THAT(names(), ElementsAre(kLaneTwo));
  EXPECT_THAT(change->problems, ElementsAre(HasSubstr("broken.pub")));
}

TEST_F(AgentKeysTest, AnAdmissionTakesEffectBesideABadFileWhichIsNamedOnce) {
  write("broken.pub", "nonsense");
  ASSERT_TRUE(look());
  EXPECT_FALSE(look()) << "named already";
  add(AgentName("lane-3"));
  const auto change = look();
  ASSERT_TRUE(change);
  EXPECT_THAT(change->problems, IsEmpty());
  EXPECT_EQ(names().size(), 3U);
}

TEST_F(AgentKeysTest, AFileThatBecomesMalformedGivesNoKeyFromTheSecondLookOn) {
  write("lane-1.pub", "schema = 1\nname = \"lane-1\"\n");
  EXPECT_FALSE(look()) << "it may be half written";
  EXPECT_EQ(names().size(), 2U);
  const auto change = look();
  ASSERT_TRUE(change);
  EXPECT_THAT(change->revoked, ElementsAre(kLaneOne));
  EXPECT_THAT(change->problems, ElementsAre(HasSubstr("lane-1.pub")));
}

TEST_F(AgentKeysTest, AFileThatIsWrittenSlowlyRevokesNobody) {
  const std::string whole = text_of(folder() / "lane-1.pub");
  write("lane-1.pub", whole.substr(0, 20));
  EXPECT_FALSE(look());
  write("lane-1.pub", whole);
  EXPECT_FALSE(look());
  EXPECT_EQ(names().size(), 2U);
}

TEST_F(AgentKeysTest, AKeyUnderTwoNamesGivesNeither) {
  write("other.pub", renamed("other"));
  const auto change = look();
  ASSERT_TRUE(change);
  EXPECT_THAT(names(), ElementsAre(kLaneTwo));
  EXPECT_THAT(change->revoked, ElementsAre(kLaneOne));
  EXPECT_THAT(change->problems,
              ElementsAre(HasSubstr("lane-1.pub (lane-1) and other.pub (other)")));
}

TEST_F(AgentKeysTest, ANameMayHaveTwoKeysWhileItIsChanged) {
  std::ofstream(folder() / "lane-2-new.pub")
      << "schema = 1\nname = \"lane-2\"\npublic_key = \""
      << protocol::generate_key_pair()->public_key.str() << "\"\n";
  EXPECT_TRUE(look()->of_allowed);
  std::filesystem::remove(folder() / "lane-2.pub");
  const auto change = look();
  ASSERT_TRUE(change);
  EXPECT_TRUE(change->of_allowed);
  EXPECT_THAT(change->revoked, IsEmpty());
}

TEST_F(AgentKeysTest, AFolderThatIsGoneRevokesAllAtTheSecondLook) {
  std::filesystem::rename(folder(), folder().string() + ".old");
  EXPECT_FALSE(look()->of_allowed) << "it may be about to be replaced";
  const auto change = look();
  ASSERT_TRUE(change);
  EXPECT_EQ(change->revoked.size(), 2U);
  EXPECT_TRUE(keys_.allowed().empty());
  std::filesystem::rename(folder().string() + ".old", folder());
  EXPECT_TRUE(look()->of_allowed);
  EXPECT_EQ(names().size(), 2U);
}

/// No descriptor is left while it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(AgentKeysTest, WithoutDescriptorsARemovalTakesEffectAndTheOthersStay) {
  ASSERT_FALSE(look()) << "nothing has changed";  // and UBSan, which opens a pipe at a first look
  std::filesystem::remove(folder() / "lane-1.pub");
  std::optional<AgentKeys::Change> change;
  {
    const NoDescriptors none;
    change = look();
  }
  ASSERT_TRUE(change);
  EXPECT_THAT(change->revoked, ElementsAre(kLaneOne));
  EXPECT_THAT(names(), ElementsAre(kLaneTwo));
  EXPECT_THAT(change->problems, ElementsAre(HasSubstr("cannot read the folder of keys")));
}

TEST_F(AgentKeysTest, AFileThatCannotBeReachedGivesNoKey) {
  std::filesystem::remove(folder() / "lane-1.pub");
  std::filesystem::create_symlink("lane-1.pub", folder() / "lane-1.pub");  // ELOOP
  const auto change = look();
  ASSERT_TRUE(change);
  EXPECT_THAT(change->revoked, ElementsAre(kLaneOne));
  EXPECT_THAT(change->problems, ElementsAre(HasSubstr("skipped " + folder().string())));
}

TEST_F(AgentKeysTest, MayNotBeLookedAtMoreThanOnceASecond) {
  std::filesystem::remove(folder() / "lane-1.pub");
  EXPECT_FALSE(keys_.look_again(MonoTime{}));
}

TEST_F(AgentKeysTest, OfAFolderThatIsNotThereAreAnError) {
  EXPECT_EQ(AgentKeys::open("/nowhere", MonoTime{}).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace ocibench::coordinator
