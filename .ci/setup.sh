# shellcheck shell=bash disable=SC2034  # sourced; the lists are named by their group
# Sourced by ./quickstart and ./check: installs packages and builds. Debian 12 and its apt only.

say() { printf '\n== %s\n' "$*" >&2; }

# What each group is for; printed before anything is installed.
packages_build="g++ cmake ninja-build pkg-config ccache libzmq3-dev cppzmq-dev libcereal-dev
  libcurl4-openssl-dev libssl-dev libspdlog-dev libfmt-dev libtomlplusplus-dev zlib1g-dev
  libsqlite3-dev libarchive-dev nlohmann-json3-dev libexpected-dev libcli11-dev
  libkainjow-mustache-dev libgtest-dev libgmock-dev librapidcheck-dev libcpp-httplib-dev git
  ca-certificates"
packages_run="docker-registry skopeo nginx-light sysstat iproute2 openssl procps curl"
packages_clang="clang-16 clang-tidy-16 clang-format-16 libclang-rt-16-dev"
packages_deploy="shellcheck dpkg-dev file systemd"
why_build="compiler and libraries to build ocibench"
why_run="the first tool and registry under test, pidstat to watch and nginx to observe them"
why_deploy="to build the Debian package, and to check its units and the scripts of a fleet"
why_clang="format check, clang-tidy and fuzzing"

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Debian's docker-registry and nginx start servers on ports 5000 and 80 and enable them at boot. We
# only want the programs: no service may be started by its installation, nor be left enabled.
without_services() {
  local policy=/usr/sbin/policy-rc.d had_policy=0 status=0 service new=()
  [ -e "$policy" ] && had_policy=1
  for service in docker-registry nginx; do
    [ -n "$(missing_packages "$service")" ] && new+=("$service")
  done
  if [ $had_policy -eq 0 ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod +x "$policy"
  fi
  "$@" || status=$?
  [ $had_policy -eq 0 ] && as_root rm -f "$policy"
  if [ ${#new[@]} -gt 0 ] && command -v systemctl >/dev/null; then
    as_root systemctl disable "${new[@]}" >/dev/null 2>&1 || true
  fi
  return $status
}

# install_packages GROUP...: what is missing of these groups.
install_packages() {
  local group wanted missing all=()
  for group in "$@"; do
    wanted=packages_$group
    # shellcheck disable=SC2086  # a list of words on purpose
    missing=$(missing_packages ${!wanted})
    [ -z "$missing" ] && continue
    why=why_$group
    say "to install with apt-get, for ${!why}:"
    echo $missing >&2
    all+=($missing)
  done
  [ ${#all[@]} -eq 0 ] && return 0
  if ! command -v apt-get >/dev/null; then
    echo "This script installs packages with apt-get (Debian 12). Install the above and run again." >&2
    exit 69
  fi
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    echo "Neither root nor sudo: run as root 'apt-get install ${all[*]}', then this again." >&2
    exit 69
  fi
  as_root apt-get update -qq >&2 &&
    without_services as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends "${all[@]}" >&2 ||
    { echo "apt-get failed; see above. Nothing was built." >&2; exit 69; }
}

# build_preset NAME [TARGET...]: configures if needed and builds with all cores.
build_preset() {
  local preset=$1 log=build/$1.log
  shift
  say "building the $preset preset (log: $log)"
  mkdir -p build
  if ! { cmake --preset "$preset" &&
    cmake --build --preset "$preset" --parallel "$(nproc)" ${1:+--target "$@"}; } >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "The build failed; the whole log is $log" >&2
    exit 1
  fi
}
