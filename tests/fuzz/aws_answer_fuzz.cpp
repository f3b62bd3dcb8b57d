#include <cstddef>
#include <cstdint>
#include <string>

#include "common/aws/service_error.hpp"
#include "common/aws/xml.hpp"

// Whatever a service answers, the sentence about it is short and printable; and what we write as
// XML we read back.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLongestSentence = 2000;
  const std::string body(reinterpret_cast<const char*>(data), size);
  const ocibench::http::Response response{.status = 400, .body = body};
  const ocibench::Error error =
      ocibench::aws::explain({"s3", "PutObject", "s3:PutObject", "me"}, response,
                             ocibench::aws::service_error_of(response));
  OCIBENCH_ASSERT(error.message.size() < kLongestSentence);
  OCIBENCH_ASSERT(error.message.find_first_of("\n\x1b") == std::string::npos);
  const std::string written = "<k>" + ocibench::aws::xml_escaped(body) + "</k>";
  OCIBENCH_ASSERT(ocibench::aws::xml_text(written, "k") == body);
  return 0;
}
