#include "agent/prewarm.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "agent/target/client_pool.hpp"
#include "common/mutex.hpp"
#include "common/units.hpp"

namespace ocibench::agent {
namespace {

std::string header(const oci::ResponseFacts& facts, const std::string& name) {
  const auto found = facts.headers.find(name);
  std::string value = found == facts.headers.end() ? "" : found->second;
  std::ranges::transform(value, value.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return value;
}

/// "76;w=21600" is 76 (draft-ietf-httpapi-ratelimit-headers, as Docker Hub uses it).
std::optional<std::uint64_t> leading_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} ? std::optional(number) : std::nullopt;
}

/// "93 % from cdn.example, 7 % from registry.example".
std::string shares_of(const PrewarmReport& report) {
  std::vector<std::pair<std::uint64_t, std::string>> hosts;
  for (const auto& [host, bytes] : report.hosts) {
    hosts.emplace_back(bytes, host);
  }
  std::ranges::sort(hosts, std::greater<>());
  std::vector<std::string> shares;
  for (const auto& [bytes, host] : hosts) {
    shares.push_back(fmt::format("{:.1f} % from {}",
                                 100.0 * static_cast<double>(bytes) /
                                     static_cast<double>(std::max<std::uint64_t>(report.bytes, 1)),
                                 host));
  }
  return fmt::format("{}", fmt::join(shares, ", "));
}

struct TagItem {
  std::string repository;
  std::string tag;
  std::string digest;
};
struct ManifestItem {
  std::string repository;
  std::string digest;
};
struct BlobItem {
  std::string repository;
  BlobInfo blob;
  EdgeCache cache = EdgeCache::unknown;
};

/// Every tag, and every manifest and blob once, in the first repository that has it.
struct Work {
  std::vector<TagItem> tags;
  std::vector<ManifestItem> manifests;
  std::vector<BlobItem> blobs;
};

Work list_work(const ResolvedCorpus& lock) {
  Work work;
  std::set<std::string> seen;
  for (const ResolvedImage& image : lock.images) {
    work.tags.push_back({image.repository, image.tag, image.digest});
    for (const ManifestInfo& manifest : image.manifests) {
      if (seen.insert(manifest.digest).second) {
        work.manifests.push_back({image.repository, manifest.digest});
      }
      for (const BlobInfo& blob : manifest.blobs) {
        if (seen.insert(blob.digest).second) {
          work.blobs.push_back({image.repository, blob});
        }
      }
    }
  }
  return work;
}

class Prewarmer {
 public:
  Prewarmer(const PrewarmRequest& request, const TimeBudget& budget)
      : source_(request.source),
        runs_(request.runs),
        budget_(budget),
        work_(list_work(request.lock)) {}

  Result<PrewarmReport> run() {
    return read(work_.tags, [this](auto& client, auto& item) { return head_tag(client, item); })
        .and_then([this] { return check_quota(); })
        .and_then([this] {
          return read(work_.manifests,
                      [this](auto& client, auto& item) { return get_manifest(client, item); });
        })
        .and_then([this] {
          return read(work_.blobs,
                      [this](auto& client, auto& item) { return get_blob(client, item); });
        })
        .and_then([this] { return look_again(); })
        .map([this] { return finished(); });
  }

 private:
  template <class Item, class Read>
  Result<void> read(std::vector<Item>& items, const Read& read_one) {
    return read_all(source_, items.size(), [&](oci::Client& client, std::size_t i) {
      return budget_.check().and_then([&] { return read_one(client, items[i]); });
    });
  }

  Result<void> head_tag(oci::Client& client, const TagItem& item) {
    const Result<oci::ManifestHead> head = client.head_manifest(item.repository, item.tag);
    if (head) {
      note(head->facts);
      return head->digest.empty() ? Result<void>() : same_digest(item, head->digest);
    }
    if (head.error().code != ErrorCode::not_found) {
      return tl::unexpected(head.error());
    }
    return client
        .get_manifest(item.repository, item.tag)  // some registries do not know HEAD
        .and_then([&](const oci::FetchedManifest& fetched) {
          note(fetched.facts);
          return same_digest(item, fetched.digest);
        });
  }

  [[nodiscard]] Result<void> same_digest(const TagItem& item, std::string_view digest) const {
    return digest == item.digest
               ? Result<void>()
               : fail(ErrorCode::conflict,
                      fmt::format("tag moved: {}/{}:{} is {} and was locked as {}", source_.host,
                                  item.repository, item.tag, digest, item.digest));
  }

  /// HEAD costs nothing where GET does, so what it says is known in time. One request for each
  /// manifest is the least that a copy needs; blobs count nowhere that is known.
  Result<void> check_quota() {
    const std::optional<std::uint64_t> allowed = leading_number(report_.quota_remaining);
    const std::uint64_t each = work_.manifests.size();
    const std::uint64_t needed = each * (1 + std::uint64_t{runs_});
    if (!allowed || *allowed >= needed) {
      return {};
    }
    return fail(
        ErrorCode::limit,
        fmt::format("{} will answer {} more requests for manifests (ratelimit-remaining: "
                    "{}) and this trial needs at least {}: {} to pre-warm and {} for each "
                    "of {} runs; log in, wait, or choose a smaller corpus",
                    source_.host, *allowed, report_.quota_remaining, needed, each, each, runs_));
  }

  Result<void> get_manifest(oci::Client& client, const ManifestItem& item) {
    const Result<oci::FetchedManifest> got = client.get_manifest(item.repository, item.digest);
    if (!got) {
      return tl::unexpected(got.error());
    }
    note(got->facts);
    add_bytes(got->facts.final_host, got->body.size());
    return {};
  }

  Result<void> get_blob(oci::Client& client, BlobItem& item) {
    return fetch_blob(client, item).map([&](const std::string& host) {
      add_bytes(host, item.blob.size_bytes);
    });
  }

  /// The host that has sent it.
  Result<std::string> fetch_blob(oci::Client& client, BlobItem& item) {
    const Result<oci::ResponseFacts> facts = client.get_blob(
        item.repository, item.blob, [this](std::string_view) { return budget_.check(); });
    if (!facts) {
      return tl::unexpected(facts.error());
    }
    note(*facts);
    item.cache = std::max(item.cache, edge_cache(*facts));
    return facts->final_host;
  }

  /// HEAD is free where GET counts; some stores sign their addresses for GET alone and refuse it.
  Result<void> confirm_blob(oci::Client& client, BlobItem& item) {
    if (const Result<oci::BlobHead> head = client.head_blob(item.repository, item.blob.digest)) {
      note(head->facts);
      item.cache = std::max(item.cache, edge_cache(head->facts));
    }
    return item.cache == EdgeCache::hit
               ? Result<void>()
               : fetch_blob(client, item).map([](const std::string& /*host*/) {});
  }

  Result<void> look_again() {
    for (count_hits(); report_.passes < kPrewarmPasses && !report_.is_warm(); count_hits()) {
      std::vector<BlobItem*> cold;
      for (BlobItem& item : work_.blobs) {
        if (item.cache == EdgeCache::miss) {
          cold.push_back(&item);
        }
      }
      ++report_.passes;
      if (auto done = read(
              cold, [this](auto& client, BlobItem* item) { return confirm_blob(client, *item); });
          !done) {
        return done;
      }
    }
    return {};
  }

  void note(const oci::ResponseFacts& facts) {
    const MutexLock lock(mutex_);
    if (const std::string pop = header(facts, "x-amz-cf-pop"); !pop.empty()) {
      report_.edges.insert(pop);
    }
    // Cloudflare: "<request>-<point of presence>"; Fastly: "cache-...-<point of presence>", and of
    // several the last has answered us.
    for (const char* name : {"cf-ray", "x-served-by"}) {
      const std::string value = header(facts, name);
      if (value.find('-') != std::string::npos) {
        report_.edges.insert(value.substr(value.rfind('-') + 1));
      }
    }
    report_.throttled += facts.throttled;
    if (const std::string quota = header(facts, "ratelimit-remaining"); !quota.empty()) {
      report_.quota_remaining = quota;
    }
  }

  void add_bytes(const std::string& host, std::uint64_t bytes) {
    const MutexLock lock(mutex_);
    report_.bytes += bytes;
    report_.hosts[host] += bytes;
  }

  void count_hits() {
    report_.cached_blobs = report_.hit_blobs = 0;
    report_.cached_bytes = report_.hit_bytes = 0;
    for (const BlobItem& item : work_.blobs) {
      const bool hit = item.cache == EdgeCache::hit;
      if (item.cache != EdgeCache::unknown) {
        ++report_.cached_blobs;
        report_.cached_bytes += item.blob.size_bytes;
        report_.hit_blobs += hit ? 1 : 0;
        report_.hit_bytes += hit ? item.blob.size_bytes : 0;
      }
    }
  }

  PrewarmReport finished() {
    report_.manifests = static_cast<std::uint32_t>(work_.manifests.size());
    report_.blobs = static_cast<std::uint32_t>(work_.blobs.size());
    return report_;
  }

  const oci::Endpoint& source_;
  const std::uint32_t runs_;
  const TimeBudget& budget_;
  Work work_;  // each item is touched by one thread at a time
  Mutex mutex_;
  PrewarmReport report_;  // guarded by mutex_ while readers run
};

}  // namespace

EdgeCache edge_cache(const oci::ResponseFacts& facts) {
  const std::string cloudflare = header(facts, "cf-cache-status");
  const std::string x_cache = header(facts, "x-cache");
  const std::string age = header(facts, "age");
  const bool aged = !age.empty() && age.find_first_not_of('0') != std::string::npos;
  // Fastly lists its shield and then its edge: "MISS, HIT".
  const std::string edge = x_cache.substr(x_cache.rfind(',') + 1);
  if (cloudflare == "hit" || edge.find("hit") != std::string::npos || (aged && x_cache.empty())) {
    return EdgeCache::hit;
  }
  return cloudflare.empty() && x_cache.empty() && age.empty() ? EdgeCache::unknown
                                                              : EdgeCache::miss;
}

bool PrewarmReport::is_warm() const {
  return static_cast<double>(hit_bytes) >= kWarmShare * static_cast<double>(cached_bytes);
}

std::string describe(const PrewarmReport& report) {
  std::string text = fmt::format("{} in {} manifests and {} blobs read and verified",
                                 format_bytes(report.bytes), report.manifests, report.blobs);
  if (report.hosts.size() > 1) {
    text += fmt::format(", {}", shares_of(report));
  }
  if (report.cached_blobs == 0) {
    text += "; no CDN headers: not applicable";
  } else {
    text += fmt::format("; {}: {} of {} blobs ({} of {}) are hits at the edge after {} passes",
                        report.is_warm() ? "warm" : "NOT warm", report.hit_blobs,
                        report.cached_blobs, format_bytes(report.hit_bytes),
                        format_bytes(report.cached_bytes), report.passes);
  }
  if (!report.edges.empty()) {
    text += fmt::format(" ({})", fmt::join(report.edges, ", "));
  }
  if (report.throttled > 0) {
    text += fmt::format("; {} answers 429 on the way", report.throttled);
  }
  if (!report.quota_remaining.empty()) {
    text += fmt::format("; pull quota remaining: {}", report.quota_remaining);
  }
  return text;
}

Result<PrewarmReport> prewarm(const PrewarmRequest& request, const TimeBudget& budget) {
  return Prewarmer(request, budget).run();
}

}  // namespace ocibench::agent
