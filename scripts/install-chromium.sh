#!/usr/bin/env bash
# Makes sure that there is a Chromium for the browser tests: CHROMIUM, or Debian's.
set -euo pipefail

if [ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null; then
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo 'No Chromium found. Install one, or set CHROMIUM to its path.' >&2
  exit 1
fi
sudo=()
if [ "$(id -u)" != 0 ]; then sudo=(sudo); fi
echo 'Installing Chromium (about half a minute)…' >&2
"${sudo[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq chromium >/dev/null
