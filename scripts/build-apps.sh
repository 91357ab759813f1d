#!/usr/bin/env bash
# Builds all pages into the folder that the server serves them from. What was there is served until all is built.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p packages/cli/node_modules
pages=$(mktemp -d "$PWD/packages/cli/node_modules/.pages-XXXXXX")
trap 'rm -rf "$pages"' EXIT
chmod 755 "$pages"
for app in home editor whiteboard; do
  SYNCLINE_PAGES="$pages" npm run --silent build --prefix "apps/$app"
done
node scripts/service-worker.mjs "$pages"
rm -rf packages/cli/public
mv "$pages" packages/cli/public
