#include "agent/service/notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/fd.hpp"
#include "common/file.hpp"

namespace ocibench::agent {
namespace {

using testing::HasSubstr;

/// What systemd would be: a datagram socket with a name.
class Listener {
 public:
  explicit Listener(const std::string& name) : fd_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(static_cast<char*>(address.sun_path), name.data(), name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
  }

  [[nodiscard]] std::string next() const {
    std::array<char, 256> buffer{};
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    return got < 0 ? "nothing" : std::string(buffer.data(), static_cast<std::size_t>(got));
  }

 private:
  Fd fd_;
};

TEST(NotifyService, SendsOneDatagramToASocketFile) {
  const auto folder = TemporaryDirectory::create("/tmp", "notify-").value();
  const std::string path = (folder.path() / "socket").string();
  const Listener listener(path);
  ASSERT_TRUE(notify_service(path, "READY=1\nSTATUS=here"));
  EXPECT_EQ(listener.next(), "READY=1\nSTATUS=here");
  EXPECT_EQ(listener.next(), "nothing");
}

TEST(NotifyService, KnowsAbstractNames) {
  const std::string name = "ocibench-notify-test-" + std::to_string(::getpid());
  const Listener listener(std::string(1, '\0') + name);
  ASSERT_TRUE(notify_service("@" + name, "STOPPING=1"));
  EXPECT_EQ(listener.next(), "STOPPING=1");
}

TEST(NotifyService, SaysWhatIsWrongWithAnAddress) {
  EXPECT_EQ(notify_service("", "READY=1").error().code, ErrorCode::bad_input);
  EXPECT_EQ(notify_service("vsock:2:1", "READY=1").error().code, ErrorCode::bad_input);
  EXPECT_EQ(notify_service("/" + std::string(200, 'x'), "READY=1").error().code,
            ErrorCode::bad_input);
  EXPECT_THAT(notify_service("/nowhere/socket", "READY=1").error().message,
              HasSubstr("/nowhere/socket"));
}

}  // namespace
}  // namespace ocibench::agent
