#!/usr/bin/env bash
# Prints the performance table (bench/README.md). The bench builds what it measures, in Release.
set -euo pipefail
cd "$(dirname "$0")/.."
exec dotnet run -c Release --project bench/Gateway.Bench -- table "$@"
