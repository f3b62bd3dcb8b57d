// How long our copy of a large image takes next to other tools and to what the machine can do.
//
//   copy_bench [ROUNDS [LAYERS [LAYER_MB]]]      5 rounds of 20 layers of 50 MB
//
// Every round copies the image with each tool on the PATH (skopeo, crane, regctl), with
// `ocibench image copy`, and with the ceiling: the same GETs, POSTs and PUTs and nothing else, no
// hash and no check. Tools take turns, each into a fresh docker-registry in memory. What to
// believe: the ratios and CPU seconds of one run, not a wall time.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <curl/curl.h>
#include <fmt/format.h>

#include "common/clock.hpp"
#include "common/file.hpp"
#include "common/host.hpp"
#include "common/oci/client.hpp"
#include "common/oci/digest.hpp"
#include "common/sha256.hpp"
#include "tests/support/registry_process.hpp"

namespace {

namespace media_type = ocibench::oci::media_type;
using ocibench::BlobInfo;
using ocibench::ByteSource;
using ocibench::Result;
using ocibench::oci::Client;
using ocibench::oci::Descriptor;
using ocibench::oci::Manifest;
using ocibench::testing_support::RegistryProcess;

constexpr std::size_t kCeilingThreads = 4;
constexpr const char* kSourceRepository = "lib/image";
constexpr const char* kTargetRepository = "bench/image";

template <class T>
T require(Result<T> result) {
  if (!result) {
    throw std::runtime_error(result.error().message);
  }
  return std::move(*result);
}

// ---- the image

/// A layer that begins like gzip: skopeo compresses what does not, and would copy another image.
struct Layer {
  std::string block;
  std::size_t blocks;

  Layer(std::size_t number, std::size_t megabytes)
      : block(fmt::format("\x1f\x8b\x08 layer {:4}", number)), blocks(megabytes) {
    block.resize(1'000'000, 'x');
  }
  [[nodiscard]] std::size_t size_bytes() const { return block.size() * blocks; }
  [[nodiscard]] BlobInfo blob() const {
    ocibench::Sha256 hash;
    for (std::size_t i = 0; i < blocks; ++i) {
      hash.update(block);
    }
    return {"sha256:" + hash.finish_hex(), size_bytes()};
  }
  [[nodiscard]] ByteSource open() const {
    return [this, offset = std::size_t{0}](std::span<char> buffer) mutable -> Result<std::size_t> {
      const std::size_t left = size_bytes() - offset;
      const std::size_t in_block = block.size() - offset % block.size();
      const std::size_t count = std::min({buffer.size(), in_block, left});
      block.copy(buffer.data(), count, offset % block.size());
      offset += count;
      return count;
    };
  }
};

struct Image {
  std::string digest;
  std::size_t layer_megabytes = 0;
  std::vector<BlobInfo> layers;
};

Image seed(const RegistryProcess& registry, std::size_t layers, std::size_t megabytes) {
  Client client = require(Client::create(registry.endpoint()));
  Manifest manifest{.media_type = std::string(media_type::kOciManifest)};
  Image image{.layer_megabytes = megabytes};
  const auto upload = [&](const BlobInfo& blob, const ocibench::SourceFactory& open) {
    const Result<void> pushed = client.upload_blob(kSourceRepository, blob, open);
    if (!pushed) {
      throw std::runtime_error(pushed.error().message);
    }
  };
  const std::string config = R"({"architecture":"amd64","os":"linux"})";
  const BlobInfo config_blob{ocibench::oci::sha256_digest(config), config.size()};
  upload(config_blob, [&]() -> Result<ByteSource> { return ocibench::source_of(config); });
  manifest.config = Descriptor{.media_type = std::string(media_type::kOciConfig),
                               .digest = config_blob.digest,
                               .size_bytes = config_blob.size_bytes};
  for (std::size_t number = 0; number < layers; ++number) {
    const Layer layer(number, megabytes);
    const BlobInfo blob = layer.blob();
    upload(blob, [&]() -> Result<ByteSource> { return layer.open(); });
    image.layers.push_back(blob);
    manifest.layers.push_back({.media_type = std::string(media_type::kOciLayerGzip),
                               .digest = blob.digest,
                               .size_bytes = blob.size_bytes});
  }
  image.digest = require(client.put_manifest(kSourceRepository, "1", media_type::kOciManifest,
                                             write_manifest(manifest)))
                     .digest;
  return image;
}

// ---- the ceiling: a process of its own, as the tools are

std::size_t discard(char* /*bytes*/, std::size_t size, std::size_t count, void* /*nowhere*/) {
  return size * count;
}

std::size_t take_location(char* bytes, std::size_t size, std::size_t count, void* location) {
  const std::string line(bytes, size * count);
  if (line.starts_with("Location: ")) {
    *static_cast<std::string*>(location) = line.substr(10, line.find('\r') - 10);
  }
  return size * count;
}

std::size_t give(char* buffer, std::size_t size, std::size_t count, void* source) {
  return (*static_cast<ByteSource*>(source))({buffer, size * count}).value();
}

CURL* fresh(CURL* easy, const std::string& url) {
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 512L * 1024);
  curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 2L * 1024 * 1024);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
  return easy;
}

/// Downloads a blob into nowhere and uploads the same bytes out of a cache.
bool move_blob(CURL* easy, const std::string& source, const std::string& target,
               const BlobInfo& blob, ByteSource bytes) {
  fresh(easy, fmt::format("http://{}/v2/{}/blobs/{}", source, kSourceRepository, blob.digest));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &discard);
  const bool got = curl_easy_perform(easy) == CURLE_OK;
  std::string location;
  fresh(easy, fmt::format("http://{}/v2/{}/blobs/uploads/", target, kTargetRepository));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &take_location);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &location);
  const bool posted = got && curl_easy_perform(easy) == CURLE_OK;
  curl_slist* const headers = curl_slist_append(nullptr, "Expect:");
  fresh(easy, fmt::format("{}&digest={}", location, blob.digest));
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(blob.size_bytes));
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, &give);
  curl_easy_setopt(easy, CURLOPT_READDATA, &bytes);
  const bool put = posted && curl_easy_perform(easy) == CURLE_OK;
  curl_slist_free_all(headers);
  return put;
}

/// `copy_bench --ceiling SOURCE TARGET LAYER_MB DIGEST...`, a digest per layer.
int run_ceiling(const std::vector<std::string>& words) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  constexpr std::size_t kFirstDigest = 3;
  std::atomic<std::size_t> next{kFirstDigest};
  std::atomic<bool> good{true};
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kCeilingThreads; ++i) {
      threads.emplace_back([&] {
        CURL* const easy = curl_easy_init();
        for (std::size_t job = next++; job < words.size(); job = next++) {
          const Layer layer(job - kFirstDigest, std::stoul(words[2]));
          const BlobInfo blob{words[job], layer.size_bytes()};
          good = move_blob(easy, words[0], words[1], blob, layer.open()) && good;
        }
        curl_easy_cleanup(easy);
      });
    }
  }
  return good ? 0 : 1;
}

// ---- running and printing

struct Sample {
  double wall_s;
  double cpu_s;
  double rss_mb;
};

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

Sample run(const std::vector<std::string>& argv, const std::filesystem::path& home) {
  std::vector<char*> words;
  for (const std::string& word : argv) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  // A cache that survives would turn a copy into mounts.
  std::vector<std::string> texts = {
      "HOME=" + home.string(), "XDG_DATA_HOME=" + home.string(), "XDG_RUNTIME_DIR=" + home.string(),
      "DOCKER_CONFIG=" + home.string(), "_CONTAINERS_ROOTLESS_UID=1000"};
  std::vector<char*> environment;
  for (std::string& text : texts) {
    environment.push_back(text.data());
  }
  environment.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, (home / "stderr").c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0644);
  const ocibench::SystemClock clock;
  const ocibench::MonoTime begun = clock.now();
  pid_t pid = -1;
  int status = posix_spawn(&pid, words[0], &actions, nullptr, words.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  rusage usage{};
  if (status != 0 || ::wait4(pid, &status, 0, &usage) != pid || status != 0) {
    throw std::runtime_error(fmt::format("{} failed: {}", argv.front(),
                                         require(ocibench::read_file(home / "stderr", 100'000))));
  }
  return {std::chrono::duration<double>(clock.now() - begun).count(),
          seconds(usage.ru_utime) + seconds(usage.ru_stime),
          static_cast<double>(usage.ru_maxrss) * 1024 / 1e6};
}

struct Contender {
  std::string name;
  /// The command that copies from a host to another.
  std::function<std::vector<std::string>(const std::string&, const std::string&)> command;
  std::vector<Sample> samples;
};

std::string on_path(const std::string& program) {
  const std::string path = ocibench::environment_variable("PATH").value_or("");
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string file = path.substr(begin, end - begin) + "/" + program;
    if (::access(file.c_str(), X_OK) == 0) {
      return file;
    }
    begin = end + 1;
  }
  return "";
}

std::vector<Contender> contenders(const Image& image) {
  const auto from = [](const std::string& host) { return host + "/" + kSourceRepository + ":1"; };
  const auto to = [](const std::string& host) { return host + "/" + kTargetRepository + ":1"; };
  std::vector<Contender> all;
  all.push_back({.name = "ceiling", .command = [&image](const auto& source, const auto& target) {
                   std::vector<std::string> words = {ocibench::executable_path(), "--ceiling",
                                                     source, target,
                                                     std::to_string(image.layer_megabytes)};
                   for (const BlobInfo& blob : image.layers) {
                     words.push_back(blob.digest);
                   }
                   return words;
                 }});
  all.push_back({.name = "reference", .command = [](const auto& source, const auto& target) {
                   return std::vector<std::string>{OCIBENCH_BINARY_DIR "/ocibench",
                                                   "image",
                                                   "copy",
                                                   "--from",
                                                   source,
                                                   "--to",
                                                   target,
                                                   std::string(kSourceRepository) + ":1",
                                                   kTargetRepository};
                 }});
  if (const std::string skopeo = on_path("skopeo"); !skopeo.empty()) {
    all.push_back({.name = "skopeo", .command = [=](const auto& source, const auto& target) {
                     return std::vector<std::string>{skopeo,
                                                     "--insecure-policy",
                                                     "copy",
                                                     "--all",
                                                     "--src-tls-verify=false",
                                                     "--dest-tls-verify=false",
                                                     "docker://" + from(source),
                                                     "docker://" + to(target)};
                   }});
  }
  if (const std::string crane = on_path("crane"); !crane.empty()) {
    all.push_back(
        {.name = "crane", .command = [=](const auto& source, const auto& target) {
           return std::vector<std::string>{crane, "copy", "--insecure", from(source), to(target)};
         }});
  }
  if (const std::string regctl = on_path("regctl"); !regctl.empty()) {
    all.push_back({.name = "regctl", .command = [=](const auto& source, const auto& target) {
                     return std::vector<std::string>{regctl,
                                                     "--host",
                                                     "reg=" + source + ",tls=disabled",
                                                     "--host",
                                                     "reg=" + target + ",tls=disabled",
                                                     "image",
                                                     "copy",
                                                     from(source),
                                                     to(target)};
                   }});
  }
  return all;
}

void run_once(Contender& contender, const RegistryProcess& source, const Image& image) {
  const RegistryProcess target = require(RegistryProcess::start());
  const auto home = require(ocibench::TemporaryDirectory::create("/dev/shm", "ocibench-bench-"));
  contender.samples.push_back(run(contender.command(source.host(), target.host()), home.path()));
  Client client = require(Client::create(target.endpoint()));
  for (const BlobInfo& blob : image.layers) {
    require(client.head_blob(kTargetRepository, blob.digest));
  }
  if (contender.name != "ceiling" &&
      require(client.head_manifest(kTargetRepository, "1")).digest != image.digest) {
    throw std::runtime_error(contender.name + " copied another image");
  }
}

double median(const Contender& contender, double Sample::*what) {
  std::vector<double> values;
  for (const Sample& sample : contender.samples) {
    values.push_back(sample.*what);
  }
  std::ranges::sort(values);
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

void print(const std::vector<Contender>& all) {
  const Contender& ceiling = all.front();
  fmt::print("{:<10} {:>8} {:>8} {:>8} {:>14} {:>14}\n", "", "wall s", "CPU s", "RSS MB",
             "wall/ceiling", "CPU/ceiling");
  for (const Contender& each : all) {
    const double wall = median(each, &Sample::wall_s);
    const double cpu = median(each, &Sample::cpu_s);
    fmt::print("{:<10} {:>8.2f} {:>8.2f} {:>8.1f} {:>14.2f} {:>14.2f}\n", each.name, wall, cpu,
               median(each, &Sample::rss_mb), wall / median(ceiling, &Sample::wall_s),
               cpu / median(ceiling, &Sample::cpu_s));
  }
}

std::size_t number(const std::vector<std::string>& words, std::size_t index,
                   std::size_t otherwise) {
  return words.size() > index ? std::stoul(words[index]) : otherwise;
}

int compare(const std::vector<std::string>& words) {
  const std::size_t rounds = number(words, 0, 5);
  const std::size_t layers = number(words, 1, 20);
  const std::size_t megabytes = number(words, 2, 50);
  const RegistryProcess source = require(RegistryProcess::start());
  const Image image = seed(source, layers, megabytes);
  std::vector<Contender> all = contenders(image);
  fmt::print("{} layers of {} MB, {} rounds, medians\n", layers, megabytes, rounds);
  for (std::size_t round = 0; round < rounds; ++round) {
    for (Contender& contender : all) {
      run_once(contender, source, image);
      fmt::print(stderr, "round {}: {} {:.2f} s\n", round + 1, contender.name,
                 contender.samples.back().wall_s);
    }
  }
  print(all);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  try {
    if (!words.empty() && words.front() == "--ceiling") {
      words.erase(words.begin());
      return run_ceiling(words);
    }
    return compare(words);
  } catch (const std::exception& error) {
    fmt::print(stderr, "copy_bench: {}\n", error.what());
    return 1;
  }
}
