#!/usr/bin/env bash
# Makes sure that there is strace, by which the fault tests make the disk fail.
set -euo pipefail

if command -v strace >/dev/null; then
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo 'No strace found. Install it.' >&2
  exit 1
fi
sudo=()
if [ "$(id -u)" != 0 ]; then sudo=(sudo); fi
echo 'Installing strace…' >&2
"${sudo[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq strace >/dev/null
