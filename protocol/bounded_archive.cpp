#include "protocol/bounded_archive.hpp"

#include <limits>

#include <fmt/format.h>

#include "common/error.hpp"
#include "common/text.hpp"
#include "protocol/utf8.hpp"

namespace ocibench::protocol {

void BoundedWriter::put_bits(std::uint64_t bits, std::size_t width) {
  for (std::size_t byte = 0; byte < width; ++byte) {
    out_.push_back(static_cast<char>((bits >> (8 * byte)) & 0xFF));
  }
}

void BoundedWriter::put_count(std::size_t count) {
  OCIBENCH_ASSERT(count <= std::numeric_limits<std::uint32_t>::max());
  put(static_cast<std::uint32_t>(count));
}

void BoundedWriter::put_text(const std::string& text, std::size_t max_bytes) {
  if (text.size() > max_bytes || !is_utf8(text)) {
    put_text(clip(mend_utf8(text), max_bytes), max_bytes);
    return;
  }
  put_count(text.size());
  out_ += text;
}

void BoundedWriter::put(const Bytes& bytes) {
  put_count(bytes.value.size());
  out_ += bytes.value;
}

void BoundedReader::refuse(std::string_view why) const {
  throw cereal::Exception(fmt::format("{}: {}", field_, why));
}

std::string_view BoundedReader::take(std::size_t size) {
  if (size > rest_.size()) {
    refuse(fmt::format("{} bytes expected, {} left", size, rest_.size()));
  }
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::uint64_t BoundedReader::get_bits(std::size_t width) {
  const std::string_view bytes = take(width);
  std::uint64_t bits = 0;
  for (std::size_t byte = 0; byte < width; ++byte) {
    bits |= std::uint64_t{static_cast<unsigned char>(bytes[byte])} << (8 * byte);
  }
  return bits;
}

std::uint8_t BoundedReader::get_below(std::uint8_t limit) {
  const std::uint64_t value = get_bits(1);
  if (value >= limit) {
    refuse(fmt::format("{} is not below {}", value, limit));
  }
  return static_cast<std::uint8_t>(value);
}

std::size_t BoundedReader::get_count(std::size_t least_bytes) {
  const std::uint64_t count = get_bits(sizeof(std::uint32_t));
  if (count > rest_.size() / least_bytes) {
    refuse(fmt::format("{} elements cannot be in {} bytes", count, rest_.size()));
  }
  return static_cast<std::size_t>(count);
}

void BoundedReader::get_text(std::string& text, std::size_t max_bytes) {
  const std::size_t size = get_count(1);
  if (size > max_bytes) {
    refuse(fmt::format("a text of {} bytes, more than {}", size, max_bytes));
  }
  text = take(size);
  if (!is_utf8(text)) {
    refuse("the text is not UTF-8");
  }
}

void BoundedReader::get(Bytes& bytes) { bytes.value = take(get_count(1)); }

}  // namespace ocibench::protocol
