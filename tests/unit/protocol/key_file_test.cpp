#include "protocol/key_file.hpp"

#include <sys/stat.h>

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"

namespace ocibench::protocol {
namespace {

using testing::HasSubstr;

const AgentName kLane{"lane-1"};

class KeyFile : public testing::Test {
 protected:
  std::filesystem::path folder() const { return directory_.path() / "keys"; }
  KeyFiles write(const AgentName& name = kLane) {
    return write_key_files(folder(), name, generate_key_pair().value()).value();
  }
  static std::string text_of(const std::filesystem::path& file) {
    return read_file(file, 4096).value();
  }
  std::filesystem::path file_with(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(folder());
    const auto path = folder() / name;
    std::ofstream(path) << text;
    ::chmod(path.c_str(), 0600);
    return path;
  }

 private:
  TemporaryDirectory directory_ =
      TemporaryDirectory::create(std::filesystem::temp_directory_path(), "keys-").value();
};

TEST_F(KeyFile, IsReadBack) {
  const KeyFiles files = write();
  const NamedKeyPair secret = read_key_file(files.secret_file).value();
  const NamedPublicKey open = read_public_key_file(files.public_file).value();
  EXPECT_EQ(secret.name, kLane);
  EXPECT_EQ(open.name, kLane);
  EXPECT_EQ(secret.keys.public_key, open.key);
}

TEST_F(KeyFile, KeepsTheSecretToItsOwner) {
  const KeyFiles files = write();
  struct stat status {};
  ASSERT_EQ(::stat(files.secret_file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const std::string secret = read_key_file(files.secret_file)->keys.secret_key.reveal();
  EXPECT_THAT(text_of(files.secret_file), HasSubstr(secret));
  EXPECT_THAT(text_of(files.public_file), testing::Not(HasSubstr(secret)));
}

TEST_F(KeyFile, IsRefusedWhenOthersCanReadIt) {
  const KeyFiles files = write();
  ::chmod(files.secret_file.c_str(), 0640);
  EXPECT_THAT(read_key_file(files.secret_file).error().message, HasSubstr("chmod 600"));
}

TEST_F(KeyFile, IsNeverOverwritten) {
  const KeyFiles files = write();
  const std::string before = text_of(files.secret_file);
  const auto again = write_key_files(folder(), kLane, generate_key_pair().value());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::conflict);
  EXPECT_EQ(text_of(files.secret_file), before);
}

TEST_F(KeyFile, LeavesNoHalfWhenTheOtherHalfIsThere) {
  const KeyFiles files = write();
  std::filesystem::remove(files.secret_file);
  EXPECT_FALSE(write_key_files(folder(), kLane, generate_key_pair().value()));
  EXPECT_FALSE(std::filesystem::exists(files.secret_file));
}

TEST_F(KeyFile, RefusesAPublicFileWhereASecretOneIsNeededAndTheOtherWayRound) {
  const KeyFiles files = write();
  ::chmod(files.public_file.c_str(), 0600);
  EXPECT_THAT(read_key_file(files.public_file).error().message, HasSubstr("use NAME.key"));
  EXPECT_THAT(read_public_key_file(files.secret_file).error().message,
              HasSubstr("stays on its own machine"));
}

TEST_F(KeyFile, NamesFileAndLineOfWhatIsWrong) {
  const auto misspelt = file_with("a.pub", "schema = 1\nname = \"a\"\npublic_kex = \"x\"\n");
  EXPECT_THAT(read_public_key_file(misspelt).error().message,
              testing::AllOf(HasSubstr("a.pub:3"), HasSubstr("did you mean `public_key`?")));
  const auto garbled = file_with("b.pub", "schema = 1\nname = \"b\"\npublic_key = \"x\"\n");
  EXPECT_THAT(read_public_key_file(garbled).error().message, HasSubstr("is not a key"));
}

TEST_F(KeyFile, RefusesHalvesOfDifferentPairsWithoutShowingTheSecret) {
  const KeyPair one = generate_key_pair().value();
  const KeyPair other = generate_key_pair().value();
  const auto mixed =
      file_with("a.key", "schema = 1\nname = \"a\"\npublic_key = \"" + one.public_key.str() +
                             "\"\nsecret_key = \"" + other.secret_key.reveal() + "\"\n");
  const std::string message = read_key_file(mixed).error().message;
  EXPECT_THAT(message, HasSubstr("do not belong together"));
  EXPECT_THAT(message, testing::Not(HasSubstr(other.secret_key.reveal())));
}

}  // namespace
}  // namespace ocibench::protocol
