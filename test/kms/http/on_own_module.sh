#!/bin/sh
# The sentences of the KMS's API on our own PKCS#11 module, on a store of its own: on_own_module.sh TEST MODULE [RUNTIME]
# RUNTIME is the sanitizer's library that a sanitized module needs in a program which was built without it.
set -eu
test=$1
module=$2
runtime=${3:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export KEYMANTLE_STORE="$work/store"
tool() { LD_PRELOAD=$runtime pkcs11-tool --module "$module" "$@" >> "$work/log" 2>&1; }
tool --init-token --slot-index 0 --label kms --so-pin 12345678 &&
  tool --token-label kms --init-pin --login --login-type so --so-pin 12345678 --new-pin 1234 || { cat "$work/log"; exit 1; }
KEYMANTLE_TEST_MODULE=$module "$test" --run_test='keys,actions,who_may,iam,registrations,import' --color_output=no \
  --log_level=test_suite
