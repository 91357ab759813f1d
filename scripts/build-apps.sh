#!/usr/bin/env bash
# Builds all pages into the folder that the server serves them from.
set -euo pipefail
cd "$(dirname "$0")/.."

rm -rf packages/cli/public
for app in home editor whiteboard; do
  npm run --silent build --prefix "apps/$app"
done
node scripts/service-worker.mjs
