#pragma once

#include <bit>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <cereal/cereal.hpp>

#include "common/strong_id.hpp"
#include "common/units.hpp"

namespace ocibench::protocol {

// cereal's own binary archives and container loaders resize to whatever size a message claims: nine
// bytes make them touch gigabytes. This pair works on bytes in memory, is little-endian with fixed
// widths, and the reader takes no count on trust. Containers are in wire_containers.hpp.
//
//   integer: as wide as its type      bool: u8, 0 or 1      enum: u8, below kEnumerators
//   double: IEEE 754 bits as u64      count: u32            text, bytes: count, then the bytes
//   duration, time point: i64 in the type's own unit        text is UTF-8

/// Number of enumerators (from 0, without holes) of an enum that goes over the wire.
template <class Enum>
inline constexpr std::uint8_t kEnumerators = 0;

template <class T>
concept WireInteger = std::is_integral_v<T> && !std::is_same_v<T, bool>;
template <class T>
concept WireEnum = std::is_enum_v<T> && (kEnumerators<T> > 0);

// Texts come from tools, registries and peers, and one text is put into another: a peer's reason
// into a cause, a path into a note. So the writer cuts what is too long for its kind, visibly,
// instead of making a record that cannot be read; the reader refuses it.

/// Of a text without a kind of its own: a name, a reason, a line.
inline constexpr std::size_t kMaxTextBytes = 4 * kKiB;
inline constexpr std::size_t kMaxLongTextBytes = kMiB;
inline constexpr std::size_t kMaxDocumentBytes = 6 * kMiB;

/// A string member that holds arbitrary bytes, not text.
struct Bytes {
  std::string& value;
};
/// A text that grows with the corpus and is only read by people: a rendered configuration.
struct LongText {
  std::string& value;
};
/// A file that a program reads again: never cut, but refused when it is longer (validate.hpp).
struct Document {
  std::string& value;
};

class BoundedWriter : public cereal::OutputArchive<BoundedWriter, cereal::AllowEmptyClassElision> {
 public:
  explicit BoundedWriter(std::string& out) : OutputArchive(this), out_(out) {}

  void enter_field(const char*) {}
  void put_count(std::size_t count);

  template <WireInteger T>
  void put(T value) {
    put_bits(static_cast<std::make_unsigned_t<T>>(value), sizeof(T));
  }
  template <WireEnum T>
  void put(T value) {
    put_bits(static_cast<std::uint8_t>(value), 1);
  }
  template <std::same_as<bool> T>
  void put(T value) {
    put_bits(value ? 1 : 0, 1);
  }
  template <std::same_as<double> T>
  void put(T value) {
    put_bits(std::bit_cast<std::uint64_t>(value), sizeof(value));
  }
  template <class Rep, class Period>
  void put(std::chrono::duration<Rep, Period> value) {
    put(static_cast<std::int64_t>(value.count()));
  }
  template <class Clock, class Duration>
  void put(std::chrono::time_point<Clock, Duration> value) {
    put(value.time_since_epoch());
  }
  template <class Tag>
  void put(const StrongId<Tag>& id) {
    put(id.str());
  }
  /// Text that is not UTF-8 is mended: a tool's stray log line must not make a record unreadable.
  void put(const std::string& text) { put_text(text, kMaxTextBytes); }
  void put(const LongText& text) { put_text(text.value, kMaxLongTextBytes); }
  void put(const Document& text) { put_text(text.value, text.value.size()); }
  void put(const Bytes& bytes);

 private:
  void put_text(const std::string& text, std::size_t max_bytes);
  void put_bits(std::uint64_t bits, std::size_t width);

  std::string& out_;
};

/// Every member throws cereal::Exception with the field's name when the bytes do not fit it.
/// `max_text_bytes` is larger for records of times when every text might have that length.
/// Requires: `bytes` outlives the reader.
class BoundedReader : public cereal::InputArchive<BoundedReader, cereal::AllowEmptyClassElision> {
 public:
  explicit BoundedReader(std::string_view bytes, std::size_t max_text_bytes = kMaxTextBytes)
      : InputArchive(this), rest_(bytes), max_text_bytes_(max_text_bytes) {}

  void enter_field(const char* name) { field_ = name; }
  [[noreturn]] void refuse(std::string_view why) const;
  [[nodiscard]] std::size_t bytes_left() const { return rest_.size(); }

  /// A count of elements of at least `least_bytes` each; refuses one that cannot be true.
  std::size_t get_count(std::size_t least_bytes);

  template <WireInteger T>
  void get(T& value) {
    value = static_cast<T>(get_bits(sizeof(T)));
  }
  template <WireEnum T>
  void get(T& value) {
    value = static_cast<T>(get_below(kEnumerators<T>));
  }
  template <std::same_as<bool> T>
  void get(T& value) {
    value = get_below(2) == 1;
  }
  template <std::same_as<double> T>
  void get(T& value) {
    value = std::bit_cast<double>(get_bits(sizeof(value)));
  }
  template <class Rep, class Period>
  void get(std::chrono::duration<Rep, Period>& value) {
    static_assert(std::is_integral_v<Rep> && sizeof(Rep) == sizeof(std::int64_t));
    value = std::chrono::duration<Rep, Period>(static_cast<Rep>(get_bits(sizeof(Rep))));
  }
  template <class Clock, class Duration>
  void get(std::chrono::time_point<Clock, Duration>& value) {
    Duration since_epoch{};
    get(since_epoch);
    value = std::chrono::time_point<Clock, Duration>(since_epoch);
  }
  template <class Tag>
  void get(StrongId<Tag>& id) {
    std::string text;
    get(text);
    id = StrongId<Tag>(std::move(text));
  }
  void get(std::string& text) { get_text(text, max_text_bytes_); }
  void get(LongText& text) { get_text(text.value, kMaxLongTextBytes); }
  void get(Document& text) { get_text(text.value, kMaxDocumentBytes); }
  void get(Bytes& bytes);
  /// One byte that must be below `limit`.
  std::uint8_t get_below(std::uint8_t limit);

 private:
  std::uint64_t get_bits(std::size_t width);
  void get_text(std::string& text, std::size_t max_bytes);
  std::string_view take(std::size_t size);

  std::string_view rest_;
  std::size_t max_text_bytes_;
  const char* field_ = "payload";
};

}  // namespace ocibench::protocol

CEREAL_SETUP_ARCHIVE_TRAITS(ocibench::protocol::BoundedReader, ocibench::protocol::BoundedWriter)
