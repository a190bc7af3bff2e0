#!/usr/bin/env bash
# Sets up what the tests need, runs every test project one after the other, ends with "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.."

configuration=${CONFIGURATION:-Debug}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

has() { # Debian keeps the programs of PostgreSQL off the path
  command -v "$1" >/dev/null 2>&1 || compgen -G "/usr/lib/postgresql/*/bin/$1" >/dev/null
}

need() { # need COMMAND PACKAGE: installs a Debian package when the command is missing and we may
  has "$1" && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing $2 (the tests need $1)."
    # Only the program: the package's own service would take the default port.
    printf '#!/bin/sh\nexit 101\n' >"$results/policy-rc.d"
    [ -e /usr/sbin/policy-rc.d ] || { install -m 755 "$results/policy-rc.d" /usr/sbin/policy-rc.d && remove_policy=1; }
    { [ -n "${apt_updated:-}" ] || apt-get update -qq; } && apt_updated=1 \
      && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >"$results/apt.log" 2>&1 || cat "$results/apt.log"
    [ -z "${remove_policy:-}" ] || rm -f /usr/sbin/policy-rc.d
  fi
  has "$1" || { echo "The tests need $1: install the package $2 and run 'make test' again." >&2; exit 1; }
}

need redis-server redis-server
need initdb postgresql
need node nodejs
need npm npm
need chromium chromium

dotnet build Gateway.sln -c "$configuration" -v quiet -nologo -clp:NoSummary || { echo "0 passed, 1 failed"; exit 1; }

# One project at a time: the end-to-end tests start the whole gateway, and two cores are not enough for two of them.
status=0
dotnet test Gateway.sln -c "$configuration" --no-build -nologo -m:1 --blame-hang-timeout 5m --results-directory "$results" 2>&1 | tee "$results/output.txt"
[ "${PIPESTATUS[0]}" = 0 ] || status=1

# Each project closes with: Passed!  - Failed:     0, Passed:    12, Skipped:     0, Total:    12, ...
read -r passed failed skipped < <(awk -F'[:,]' '/ - Failed: +[0-9]+, Passed: +[0-9]+/ { failed += $2; passed += $4; skipped += $6 } END { print passed + 0, failed + 0, skipped + 0 }' "$results/output.txt")
if [ "$status" != 0 ] && [ "$failed" = 0 ]; then
  failed=1 # a project that did not build or whose runner died has no line of its own
fi

# What failed is said once more at the end, where the reader of a long log looks first.
[ "$failed" = 0 ] || awk '/^  Failed .*\[/ { shown = 30 } /^  Stack Trace:/ { shown = 0 } /^(Passed|Failed)! / { shown = 0 } shown-- > 0 { print }' "$results/output.txt"

echo
[ "$skipped" = 0 ] && echo "$passed passed, $failed failed" || echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
