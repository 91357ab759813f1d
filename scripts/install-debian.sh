#!/usr/bin/env bash
# install-debian.sh PACKAGE [PROGRAM]: makes sure that there is a program that a test needs, from Debian's package,
# which is called as the program if none is given. Nothing is done when it is there, or when a variable (CHROMIUM for
# chromium, REDIS_SERVER for redis-server) names one.
set -euo pipefail

name=$1
program=${2:-$1}
variable=${program^^}
variable=${variable//-/_}
if [ -n "${!variable:-}" ] || command -v "$program" >/dev/null; then
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "There is no $name. Install it, or set $variable to its path." >&2
  exit 1
fi
sudo=()
if [ "$(id -u)" != 0 ]; then sudo=(sudo); fi
echo "Installing ${name}…" >&2
"${sudo[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq "$name" >/dev/null
