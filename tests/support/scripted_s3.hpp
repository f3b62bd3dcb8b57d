#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "tests/support/aws_signature.hpp"

namespace ocibench::testing_support {

struct ScriptedReply {
  int status = 200;
  std::string body;
  std::map<std::string, std::string> headers;
  bool cut_off = false;  ///< the connection is closed after the headers
};

/// S3 by path ("/bucket/key"), as far as uploads go, in memory: objects and uploads in parts, with
/// SHA-256 sums. Buckets are there as soon as they are named. Not thread-safe.
class ScriptedS3 {
 public:
  ScriptedReply answer(const ArrivedRequest& request);
  void corrupt(const std::string& key) { corrupt_.insert(key); }

  /// By "bucket/key".
  [[nodiscard]] std::map<std::string, std::string> objects() const;

 private:
  using Query = std::map<std::string, std::string>;
  struct Object {
    std::string bytes;
    std::string checksum;  ///< base64; with "-N" for parts
  };
  struct Upload {
    std::string key;  ///< "bucket/key"
    std::map<int, Object> parts;
  };

  ScriptedReply put(const ArrivedRequest& request, const std::string& key, const Query& query);
  [[nodiscard]] ScriptedReply head(const std::string& key) const;
  ScriptedReply start(const std::string& key);
  ScriptedReply finish(const std::string& key, const Query& query, const std::string& xml);
  [[nodiscard]] ScriptedReply list_uploads(const std::string& prefix) const;
  [[nodiscard]] ScriptedReply list_parts(const Query& query) const;
  [[nodiscard]] ScriptedReply list_objects(const std::string& bucket, const Query& query) const;

  std::map<std::string, Object> objects_;
  std::map<std::string, Upload> uploads_;
  std::set<std::string> corrupt_;
};

}  // namespace ocibench::testing_support
