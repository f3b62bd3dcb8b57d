#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/aws/settings.hpp"
#include "common/clock.hpp"
#include "tests/support/scripted_s3.hpp"

namespace ocibench::testing_support {

/// One call that arrived.
struct AwsCall {
  std::string service;    ///< "imds", "ecr", "ssm", "s3"
  std::string operation;  ///< "CreateRepository"; for imds and s3 "GET /path?query"
  int status = 0;
};

/// As much of AWS as we ask, on a loopback port: the instance metadata service (version 2 only),
/// ECR, the parameter store, and S3. Every call but those to the metadata service must be signed,
/// and is checked byte for byte. Keeps what it is given, and can be told to refuse. Thread-safe.
class ScriptedAws {
 public:
  static constexpr const char* kRegion = "eu-central-1";

  ScriptedAws();
  ScriptedAws(const ScriptedAws&) = delete;
  ScriptedAws& operator=(const ScriptedAws&) = delete;
  ~ScriptedAws();

  [[nodiscard]] std::string url() const;
  /// With the key it accepts, and all endpoints here.
  [[nodiscard]] aws::Settings settings() const;
  /// The same without a key: the role of the instance is all there is.
  [[nodiscard]] aws::Settings settings_of_an_instance() const;

  /// From now on only this one is accepted.
  void accept(aws::AccessKey key);
  /// The key that the role gets, and until when it is good.
  void give_role(aws::AccessKey key, WallTime expires);
  /// What the metadata service says under "/latest/...".
  void tell(const std::string& path, const std::string& text);
  void forget_metadata_tokens();

  using CarryOut = std::function<ScriptedReply()>;
  using Interference = std::function<ScriptedReply(const AwsCall& call, const CarryOut& carry_out)>;
  /// Asked about every call, to the metadata service too: carries it out or not, and answers.
  void interfere(Interference interference);
  /// Carries out the first `times` calls of this operation, and cuts off what is answered.
  void lose_answers(int times, const std::string& operation);

  /// Answers the next `times` signed calls with this instead.
  void refuse(int times, int status, const std::string& type);
  /// What a password is said to be for: "https://123456789012.dkr.ecr.eu-central-1.amazonaws.com".
  void set_registry(const std::string& url);
  /// The blob mounting of the account.
  void set_blob_mounting(const std::string& value);
  /// Takes that many parts of objects, and refuses those after them until it is told -1.
  void fail_after_parts(int parts);
  /// Stores other bytes under this key than were sent.
  void corrupt(const std::string& key);

  [[nodiscard]] std::vector<AwsCall> calls() const;
  [[nodiscard]] std::vector<std::string> repositories() const;
  [[nodiscard]] std::map<std::string, std::string> parameters() const;
  /// By "bucket/key".
  [[nodiscard]] std::map<std::string, std::string> objects() const;

 private:
  struct Server;
  std::unique_ptr<Server> server_;
};

}  // namespace ocibench::testing_support
