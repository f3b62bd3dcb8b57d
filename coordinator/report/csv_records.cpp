#include "coordinator/report/csv_records.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ocibench::coordinator {
namespace {

constexpr std::string_view kRecordEnd = "\r\n";

/// Takes one field off `text`; nothing when its quotes are wrong.
bool take_field(std::string_view& text, std::string& field) {
  field.clear();
  if (!text.starts_with('"')) {
    const std::size_t end = std::min(text.find_first_of(",\r"), text.size());
    field = text.substr(0, end);
    text.remove_prefix(end);
    return field.find('"') == std::string::npos;
  }
  text.remove_prefix(1);
  while (!text.empty()) {
    const std::size_t quote = text.find('"');
    if (quote == std::string_view::npos) {
      return false;
    }
    field += text.substr(0, quote);
    text.remove_prefix(quote + 1);
    if (!text.starts_with('"')) {
      return true;
    }
    field += '"';
    text.remove_prefix(1);
  }
  return false;
}

/// Takes one record off `text`; nothing when it is malformed.
bool take_record(std::string_view& text, std::vector<std::string>& record) {
  do {
    std::string field;
    if (!take_field(text, field)) {
      return false;
    }
    record.push_back(std::move(field));
    if (text.starts_with(kRecordEnd)) {
      text.remove_prefix(kRecordEnd.size());
      return true;
    }
    if (!text.starts_with(',')) {
      return false;
    }
    text.remove_prefix(1);
  } while (true);
}

}  // namespace

Result<std::vector<std::vector<std::string>>> parse_csv(std::string_view text) {
  std::vector<std::vector<std::string>> records;
  while (!text.empty() || records.empty()) {
    std::vector<std::string> record;
    if (!take_record(text, record) ||
        (!records.empty() && record.size() != records.front().size())) {
      return fail(ErrorCode::bad_input,
                  fmt::format("record {} is malformed (RFC 4180)", records.size() + 1));
    }
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace ocibench::coordinator
