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
    # loglevel: npm run by an older Node warns of packages that want a newer one. They get it: the pinned Node is one of them.
    logged npm ci --ignore-scripts --no-audit --no-fund --no-progress --no-update-notifier --loglevel=error --yes ||
      fail_with_log 'npm ci failed'
  fi
  local version
  version=$("$node" --version 2> /dev/null) || version='none'
  [[ $version == v$pinned.* ]] ||
    fail "the pinned Node is missing ($version, not $pinned). It is an optional npm package for Linux on x64 and arm64: see that npm is not told to omit optional ones"
  if [[ ! -e $stamp ]]; then
    echo "$wanted" > "$stamp.new"
    sync "$stamp.new"
    mv "$stamp.new" "$stamp"
  fi
}
