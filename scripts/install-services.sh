#!/usr/bin/env bash
# Installs PostgreSQL and Redis from Debian, each unless it is there or the tests' variables say where it is.
set -euo pipefail
cd "$(dirname "$0")"
[ -n "${SYNCLINE_TEST_POSTGRES:-}" ] || bash install-debian.sh postgresql pg_ctlcluster
[ -n "${SYNCLINE_TEST_REDIS:-}" ] || bash install-debian.sh redis-server
