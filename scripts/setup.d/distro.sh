# The small RPM distribution and the source packages: both find themselves done in a fraction of a second.

small_distribution() {
  # On Fedora and EL builds use the distribution's own repositories and mock.
  command -v dpkg-deb > /dev/null || return 0
  local arches
  case $(uname -m) in
    x86_64) arches=(x86_64 i686 "${emulated[@]}") ;;
    aarch64) arches=(aarch64) ;;
    *) fail "there is no small distribution for $(uname -m)" ;;
  esac
  run_steps demo/distro/main.ts "${arches[@]/#/--arch=}" "$@" || fail 'the small distribution could not be made; run this again to go on'
  run_steps demo/specs/main.ts || fail 'the source packages could not be made; run this again to go on'
}

# Shows the steps that a program tells of on standard error, as this one's own.
run_steps() {
  { "$node" "$@" < /dev/null 9>&- 2>&1 > /dev/null | sed -u 's/^/setup: /'; }
}
