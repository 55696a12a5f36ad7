# npm's packages, and among them the Node that everything else runs with.

pinned=24
node=$PWD/node_modules/.bin/node

npm_packages() {
  command -v node > /dev/null && command -v npm > /dev/null || fail 'needs Node 20 or newer with npm, only to fetch its own Node'
  local stamp=node_modules/.moromi-stamp wanted
  wanted=$(cat package-lock.json package.json .npmrc packages/*/package.json | sha256sum | cut -d ' ' -f 1)
  if [[ $(cat "$stamp" 2> /dev/null) != "$wanted" ]]; then
    say "installs npm's packages"
    rm -f "$stamp"
    # Not `npm ci`: it demands an entry in the lockfile for every optional package of every platform, and a lockfile
    # made where the registry has only some of them can name only those. What was installed is held to the lockfile
    # below. loglevel: an older Node's npm warns of packages that want a newer one; they get it, for the pinned Node is
    # one of the packages.
    logged npm install --no-save --ignore-scripts --no-audit --no-fund --no-progress --no-update-notifier \
      --loglevel=error --yes || fail_with_log 'npm install failed'
  fi
  local version
  version=$("$node" --version 2> /dev/null) || version='none'
  [[ $version == v$pinned.* ]] ||
    fail "the pinned Node is missing ($version, not $pinned). It is an optional npm package for Linux on x64 and arm64: see that npm is not told to omit optional ones"
  if [[ ! -e $stamp ]]; then
    logged "$node" scripts/setup.d/locked.ts || fail_with_log 'npm has installed something else than package-lock.json says'
    echo "$wanted" > "$stamp.new"
    sync "$stamp.new"
    mv "$stamp.new" "$stamp"
  fi
}
