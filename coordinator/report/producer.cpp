#include "coordinator/report/producer.hpp"

#include <limits>

#include <fmt/format.h>

#include "common/json.hpp"
#include "common/version.hpp"
#include "coordinator/report/bundle_files.hpp"
#include "protocol/codec.hpp"

namespace ocibench::coordinator {
namespace {

constexpr std::string_view kSchema = "ocibench.producer";
constexpr int kSchemaVersion = 1;
constexpr std::size_t kShaDigits = 40;

bool is_known_commit(std::string_view git_sha) {
  return git_sha.size() == kShaDigits &&
         git_sha.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

Producer this_producer() {
  return {.version = std::string(version()),
          .git_sha = std::string(git_sha()),
          .record_format = protocol::kRecordFormat};
}

bool writes_the_same(const Producer& a, const Producer& b) {
  return a == b && is_known_commit(a.git_sha);
}

std::string to_string(const Producer& producer) {
  return fmt::format("ocibench {} ({}), record format {}", producer.version, producer.git_sha,
                     producer.record_format);
}

std::string producer_json(const Producer& producer) {
  return dump_json({{"schema", kSchema},
                    {"schema_version", kSchemaVersion},
                    {"version", producer.version},
                    {"git_sha", producer.git_sha},
                    {"record_format", producer.record_format}});
}

Result<Producer> parse_producer(std::string_view json) {
  const Result<Json> parsed = parse_json(json, kProducerFile);
  if (!parsed) {
    return tl::unexpected(parsed.error());
  }
  const auto object = JsonObject::open(*parsed, std::string(kProducerFile));
  if (!object) {
    return tl::unexpected(object.error());
  }
  const auto version = object->text("version");
  const auto git_sha = object->text("git_sha");
  const auto format = object->unsigned_integer("record_format");
  if (!version || !git_sha || !format) {
    return tl::unexpected(!version ? version.error() : !git_sha ? git_sha.error() : format.error());
  }
  if (*format > std::numeric_limits<std::uint16_t>::max()) {
    return fail(ErrorCode::bad_input,
                fmt::format("{}: record_format: {} is none", kProducerFile, *format));
  }
  return Producer{*version, *git_sha, static_cast<std::uint16_t>(*format)};
}

}  // namespace ocibench::coordinator
