#!/usr/bin/env bash
# What tests need beyond Python (a browser, real clients and proxies, a token of keys): installed where that is
# allowed (root on Debian), otherwise said in one line; the tests that miss something say so and are skipped.
set -uo pipefail
cd "$(dirname "$0")/.."

declare -A packages=(
  [chromium]=chromium [apache2]=apache2 [nginx]=nginx [pdftoppm]=poppler-utils
  [mod_auth_openidc]=libapache2-mod-auth-openidc [softhsm2-util]=softhsm2
)
has() {
  case $1 in
    mod_auth_openidc) [ -e /usr/lib/apache2/modules/mod_auth_openidc.so ] ;;
    apache2 | nginx) [ -x "/usr/sbin/$1" ] ;;
    *) command -v "$1" >/dev/null ;;
  esac
}
missing=()
for name in "${!packages[@]}"; do has "$name" || missing+=("${packages[$name]}"); done

if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installation de ${missing[*]} (Debian), pour les essais…"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -q && apt-get install -q -y --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1 ||
      echo "Installation impossible : les essais qui en ont besoin seront sautés." >&2
  else
    echo "Pour tous les essais : apt install ${missing[*]} (sans eux, certains sont sautés)." >&2
  fi
fi
