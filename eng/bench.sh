#!/usr/bin/env bash
# Builds the services and the load generator in Release and prints the performance table (bench/README.md).
set -euo pipefail
cd "$(dirname "$0")/.."
for project in Gateway.Edge Gateway.Router Gateway.Usage Gateway.Moderation; do
  dotnet build "$project" -c Release -v quiet -nologo -clp:NoSummary
done
exec dotnet run -c Release --project bench/Gateway.Bench -- table "$@"
