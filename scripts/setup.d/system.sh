# System packages, by whichever of apt and dnf this machine has.

# What runs as a program of this machine: building and reading RPMs (rpm, createrepo-c, dnf with repoclosure, zstd, xz,
# cpio), buildroots (bubblewrap, mount, util-linux), signing (gnupg), the git catalogue (git), and in tests curl, a token that is software and what
# leads gpg to it (softhsm2, gnupg-pkcs11-scd, opensc, openssl), a small file system (e2fsprogs) and ps (procps).
# Compilers are not here: they belong to the buildroots.
debian_packages=(
  bubblewrap bzip2 ca-certificates cpio createrepo-c curl debian-archive-keyring dnf dnf-plugins-core e2fsprogs file
  git gnupg gnupg-pkcs11-scd mount opensc openssl procps rpm softhsm2 tar util-linux xz-utils zchunk
  zstd
)

# Fedora and EL. Written and reviewed, but never run by the project's own tests, which have Debian machines only.
fedora_packages=(
  bubblewrap bzip2 cpio createrepo_c curl dnf dnf-plugins-core e2fsprogs file git gnupg2 mock procps-ng rpm-build rpm-sign
  tar util-linux xz zchunk zstd
)

system_packages() {
  if command -v apt-get > /dev/null; then apt_packages "${debian_packages[@]}"
  elif command -v dnf > /dev/null; then dnf_packages
  else
    local name missing=()
    for name in rpmbuild createrepo_c dnf bwrap flock gpg; do
      command -v "$name" > /dev/null || missing+=("$name")
    done
    [[ ${#missing[@]} == 0 ]] || fail "this machine has neither apt nor dnf; install yourself what has: ${missing[*]}"
  fi
}

# Installs those of the given packages that are missing.
apt_packages() {
  local name missing=() installed
  # dpkg-query fails when it does not know one of them, and tells of the others all the same.
  installed=" $({ dpkg-query --show --showformat '${Package} ${db:Status-Status}\n' "$@" 2> /dev/null || true; } |
    sed -n 's/ installed$//p' | tr '\n' ' ')"
  for name; do
    [[ $installed == *" $name "* ]] || missing+=("$name")
  done
  [[ ${#missing[@]} == 0 ]] && return
  [[ $EUID == 0 ]] || fail "needs root for system packages; run: sudo apt-get install --no-install-recommends ${missing[*]}"
  say "installs ${missing[*]}"
  local install=(apt-get -qq -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 --no-install-recommends install "${missing[@]}")
  # A fresh machine has no package lists, an old one stale ones: both show only by trying.
  if ! DEBIAN_FRONTEND=noninteractive logged "${install[@]}"; then
    say 'asks for new package lists'
    logged apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 update || fail_with_log 'apt-get update failed'
    DEBIAN_FRONTEND=noninteractive logged "${install[@]}" || fail_with_log "apt-get could not install ${missing[*]}"
  fi
}

dnf_packages() {
  local name missing=()
  for name in "${fedora_packages[@]}"; do
    rpm --quiet --query --whatprovides "$name" 2> /dev/null || missing+=("$name")
  done
  if [[ ${#missing[@]} != 0 ]]; then
    [[ $EUID == 0 ]] || fail "needs root for system packages; run: sudo dnf install ${missing[*]}"
    # mock is in EPEL on EL, and in Fedora itself.
    if [[ " ${missing[*]} " == *' mock '* ]] && ! rpm --quiet --query fedora-release-common epel-release; then
      say 'adds the EPEL repository, which has mock'
      logged dnf -y install epel-release || fail 'could not add EPEL; add it as its own page says, then run this again'
    fi
    say "installs ${missing[*]}"
    logged dnf -y install "${missing[@]}" || fail_with_log "dnf could not install ${missing[*]}"
  fi
  local person=${SUDO_USER:-$(id -un)}
  if [[ $person != root ]] && ! id -nG "$person" | grep -qw mock; then
    say "mock runs for members of its group only; run: sudo usermod -a -G mock $person, and log in again"
  fi
}

# Runs a command with no terminal and no input; what it says is shown only by fail_with_log.
setup_log=
logged() {
  [[ -n $setup_log ]] || { setup_log=$(mktemp); trap 'rm -f "$setup_log"' EXIT; }
  "$@" < /dev/null > "$setup_log" 2>&1 9>&-
}
fail_with_log() {
  tail -n 30 "$setup_log" >&2
  fail "$1; what it said stands above"
}
