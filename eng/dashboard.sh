#!/bin/sh
# Installs the vendor's Aspire dashboard into .dashboard/ (git-ignored), for hosts whose package feed lacks it.
# It comes with the npm package of the Aspire command line. "make dashboard" runs this; see docs/closed-networks.md.
set -eu

version=${ASPIRE_DASHBOARD_VERSION:-13.5.4}
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
target=$root/.dashboard

case $(uname -s)-$(uname -m) in
  Linux-x86_64) platform=linux-x64 ;;
  Linux-aarch64) platform=linux-arm64 ;;
  Darwin-x86_64) platform=osx-x64 ;;
  Darwin-arm64) platform=osx-arm64 ;;
  *) echo "eng/dashboard.sh: there is no dashboard package for $(uname -s) $(uname -m)." >&2; exit 1 ;;
esac
command -v npm >/dev/null || { echo "eng/dashboard.sh: npm is needed to install the dashboard. Install Node.js (Debian: apt-get install npm)." >&2; exit 1; }

if [ -x "$target/managed/aspire-managed" ] && [ "$(cat "$target/version" 2>/dev/null)" = "$version" ]; then
  echo "The dashboard $version is already in $target."
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-save --no-audit --no-fund --prefix "$work" "@microsoft/aspire-cli-$platform@$version"

# The tool unpacks what it carries below its home or beside itself, and validates it there (with --install-path it fails at random).
# So it gets a home that goes away, and the dashboard moves out of it; the orchestrator beside it is of no use here.
HOME=$work ASPIRE_CLI_TELEMETRY_OPTOUT=1 "$work/node_modules/@microsoft/aspire-cli-$platform/bin/aspire" setup --non-interactive </dev/null >"$work/log" 2>&1 ||
  { cat "$work/log" >&2; exit 1; }
found=$(find "$work" -type f -path '*/managed/aspire-managed' | head -n 1)
[ -n "$found" ] || { echo "eng/dashboard.sh: the package holds no dashboard where it was expected." >&2; cat "$work/log" >&2; exit 1; }

rm -rf "$target"
mkdir -p "$target"
mv "$(dirname "$found")" "$target/managed"
echo "$version" > "$target/version"
echo "The dashboard $version is in $target. 'make run' starts it from now on."
