#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "coordinator/dispatch/dispatcher.hpp"

namespace ocibench::coordinator {

enum class ProgressStyle {
  status_line,  ///< one line, redrawn: a terminal
  lines,        ///< a line for each change: a file or a pipe
  none,
};

/// One line for what is going on: "3/10 iterations  1:12  cold/skopeo/r1 measure 4/5". Cut to
/// `columns`. Pure.
std::string progress_text(const std::vector<Dispatcher::TrialView>& trials,
                          std::chrono::nanoseconds elapsed, int columns);

/// Shows progress on stderr, never on stdout.
class Progress {
 public:
  Progress(ProgressStyle style, MonoTime started);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Whether update() shows anything.
  [[nodiscard]] bool shows() const { return style_ != ProgressStyle::none; }
  void update(const std::vector<Dispatcher::TrialView>& trials, MonoTime now);
  /// Something worth a line of its own.
  void notice(const Notice& notice);
  /// Leaves the terminal clean.
  void close();

 private:
  void clear_line();

  ProgressStyle style_;
  MonoTime started_;
  std::string shown_;
};

}  // namespace ocibench::coordinator
