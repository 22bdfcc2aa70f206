# Sourced by the scripts here: where things are, how to talk, how to stop with one line that says what to do.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$here"

say() { printf '%s\n' "$*" >&2; }
step() { printf '\n\033[1m== %s\033[0m\n' "$*" >&2; }
die() {
  printf '%s: %s\n' "$(basename "$0")" "$1" >&2
  [ $# -lt 2 ] || printf 'hint: %s\n' "$2" >&2
  exit 1
}

# A build needs about 3 GB; half-written files are harder to understand than this line.
check_disk() {
  local free
  free=$(df -Pk "$here" | awk 'NR==2 {print $4}')
  [ "$free" -ge 3000000 ] || die "only $((free / 1024)) MB free below $here, a build needs 3000" "free some space, or clone to another disk"
}

check_compiler() {
  local cxx=${CXX:-g++} version
  command -v "$cxx" >/dev/null || die "no C++ compiler ($cxx)" "run scripts/setup as root, or set CXX to g++ 12 or newer"
  case $("$cxx" --version | head -n 1) in
    *clang*) version=$("$cxx" -dumpversion); [ "${version%%.*}" -ge 14 ] || die "$cxx is version $version; 14 or newer is needed" "set CXX to a newer compiler" ;;
    *) version=$("$cxx" -dumpversion); [ "${version%%.*}" -ge 12 ] || die "$cxx is version $version; 12 or newer is needed" "set CXX to a newer compiler" ;;
  esac
}

# build PRESET [TARGET ...]: configures when needed, builds with ninja's own progress line.
build() {
  local preset=$1
  shift
  check_disk
  check_compiler
  export CCACHE_DIR=${CCACHE_DIR:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ccache}
  if [ ! -f "build/$preset/build.ninja" ]; then
    step "Configure ($preset)"
    cmake --preset "$preset" >"/tmp/keymantle-configure.$$" 2>&1 || {
      cat "/tmp/keymantle-configure.$$" >&2
      rm -f "/tmp/keymantle-configure.$$"
      die "cmake found something missing (above)" "run scripts/setup as root"
    }
    rm -f "/tmp/keymantle-configure.$$"
  fi
  step "Build ($preset)"
  ninja -C "build/$preset" "$@" >&2 || die "the build failed (above)" "if the disk is full free some space; if a header is missing run scripts/setup as root"
}
