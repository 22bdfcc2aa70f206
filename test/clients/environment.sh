# Sourced by each client's script, which is run as: SCRIPT MODULE [HSMD]. Gives it a directory of its own ($work, the current one), a home
# and a store below that, and nothing of the user's settings. With HSMD the store is held by that daemon, otherwise by the module itself.
set -euo pipefail
module=$1
hsmd=${2:-}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
started=()
so_pin=12345678
pin=471100

finish() {
  local status=$?
  trap - EXIT
  for process in "${started[@]}"; do kill "$process" 2>/dev/null && wait "$process" 2>/dev/null || true; done
  if [ "$status" != 0 ] && [ "$status" != 77 ]; then
    echo "--- the last words of the client and of the module:" >&2
    tail -n 120 "$work"/*.log >&2 || true
  fi
  cd / && rm -rf "$work"
  exit "$status"
}
trap finish EXIT
cd "$work"
for name in ${!KEYMANTLE_@} ${!XDG_@} ${!PKCS11@} ${!P11_KIT_@} OPENSSL_CONF SOFTHSM2_CONF SSH_AUTH_SOCK; do unset "$name"; done
export HOME=$work/home KEYMANTLE_LOG=$work/module.log LC_ALL=C
mkdir -m 700 home
umask 077

# need PACKAGE FILE-OR-PROGRAM...: the test is skipped, with a word, where one of them is absent.
need() {
  local package=$1 thing
  shift
  for thing; do
    command -v "$thing" >/dev/null || [ -e "$thing" ] || { echo "skipped: no $thing (Debian: $package; scripts/setup --clients)"; exit 77; }
  done
}

# says SENTENCE: what the lines below it show.
says() { echo "- $*"; echo "== $*" >>client.log; }
# quietly COMMAND...: its output is shown only when the test fails.
quietly() { echo "+ $*" >>client.log; "$@" >>client.log 2>&1; }
# refused TEXT COMMAND...: the command must fail, and say TEXT.
refused() {
  local text=$1
  shift
  if "$@" >refused.out 2>&1; then
    echo "this should have been refused: $*" >&2
    return 1
  fi
  grep -q -- "$text" refused.out || { cat refused.out >&2; return 1; }
}
# shows TEXT COMMAND...: the command must succeed, and say TEXT.
shows() {
  local text=$1
  shift
  "$@" >shown.out 2>&1 || { cat shown.out >&2; return 1; }
  grep -q -- "$text" shown.out || { echo "not there: $text" >&2; cat shown.out >&2; return 1; }
}
# background NAME COMMAND...: ended with the test; its output is NAME.log.
background() {
  local name=$1
  shift
  "$@" >"$name.log" 2>&1 &
  started+=($!)
}
# wait_for COMMAND...: until it succeeds, for ten seconds at most.
wait_for() {
  local turn
  for turn in $(seq 200); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.05
  done
  echo "in vain, ten seconds long: $*" >&2
  return 1
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
listens() { (: <>"/dev/tcp/127.0.0.1/$1"); }

export KEYMANTLE_STORE=$work/store
if [ -n "$hsmd" ]; then
  background hsmd "$hsmd" --store "$work/store" --socket "$work/hsm.sock" --dev --rehearsal-pins --log-level warning
  wait_for test -S "$work/hsm.sock"
  unset KEYMANTLE_STORE
  export KEYMANTLE_HSM=unix:$work/hsm.sock
fi

# pkcs11-tool, which every script may use to prepare a token: it is among what the build needs.
tool() { pkcs11-tool --module "$module" "$@"; }
user() { tool --token-label clients --login --pin "$pin" "$@"; }
make_token() {
  quietly tool --init-token --slot-index 0 --label clients --so-pin "$so_pin"
  quietly tool --token-label clients --init-pin --login --login-type so --so-pin "$so_pin" --new-pin "$pin"
}
# p256_key ID FILE COMMAND...: a P-256 public key in DER, through pkcs11-tool as COMMAND runs it. Not by --read-object: version 0.23 makes an EC
# key out of memory that it has given back.
p256_key() {
  local id=$1 file=$2
  shift 2
  "$@" -O --type pubkey --id "$id" 2>>client.log | sed -n 's/.*EC_POINT: *0441\(04[0-9a-f]*\)$/\1/p' |
    python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200" + sys.stdin.read().strip()))' >"$file"
}
# policy PROFILE: strict, as new tokens are, or compatible (docs/policy.md).
policy() {
  quietly env KEYMANTLE_PKCS11_MODULE="$module" "$CLIENTS_KEYMANTLE" token policy --label clients --profile "$1" \
    --so-pin-file <(printf %s "$so_pin")
}
# openssl_settings: engine.cnf and provider.cnf, for the two ways in which OpenSSL loads the module ($provider is pkcs11-provider's file).
openssl_settings() {
cat >engine.cnf <<CNF
openssl_conf = all
[all]
engines = engines
[engines]
pkcs11 = pkcs11
[pkcs11]
engine_id = pkcs11
MODULE_PATH = $module
init = 0
[req]
distinguished_name = name
[name]
CNF
cat >provider.cnf <<CNF
openssl_conf = all
[all]
providers = providers
[providers]
default = default_provider
pkcs11 = pkcs11_provider
[default_provider]
activate = 1
[pkcs11_provider]
module = $provider
pkcs11-module-path = $module
activate = 1
[req]
distinguished_name = name
[name]
CNF
}
need opensc pkcs11-tool
