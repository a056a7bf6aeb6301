# Sourced by the scripts beside it: makes sure that the right Node and every dependency are here.
# Needs git and any Node from 20; everything else comes from the package registry at the first run, and later
# runs need no network. After `foundry_toolchain ROOT`, $FOUNDRY_NODE is the Node that runs Foundry.

FOUNDRY_NODE_MAJOR=24
# The lockfile holds the digests of everything but these two, which install it.
FOUNDRY_NODE_VERSION=24.21.0
FOUNDRY_PNPM_VERSION=10.34.9

foundry_fail() {
  printf 'foundry: %s\n' "$1" >&2
  shift
  for foundry_line in "$@"; do printf '  %s\n' "$foundry_line" >&2; done
  exit 1
}

# Names everything that decides what an installation contains.
foundry_fingerprint() {
  cat "$1/pnpm-lock.yaml" "$1/pnpm-workspace.yaml" "$1/package.json" "$1"/packages/*/package.json | cksum
}

foundry_installed() {
  [ -x "$1/node_modules/node/bin/node" ] || return 1
  [ -f "$1/node_modules/.foundry-installed" ] || return 1
  [ "$(cat "$1/node_modules/.foundry-installed")" = "$(foundry_fingerprint "$1")" ]
}

# A lock that two runs at once take in turn. mkdir is atomic everywhere; a holder that died is taken over.
foundry_lock() {
  foundry_waited=0
  until mkdir "$1" 2>/dev/null; do
    foundry_holder=$(cat "$1/pid" 2>/dev/null || true)
    if [ -n "$foundry_holder" ] && ! kill -0 "$foundry_holder" 2>/dev/null; then
      rm -rf "$1"
      continue
    fi
    [ "$foundry_waited" -eq 0 ] && echo 'Another installation is running; waiting for it'
    foundry_waited=$((foundry_waited + 1))
    [ "$foundry_waited" -gt 600 ] && foundry_fail "gave up waiting for $1" "Remove it if no installation runs."
    sleep 1
  done
  echo $$ >"$1/pid"
}

foundry_unlock() {
  rm -rf "$1"
}

foundry_require_machine() {
  command -v node >/dev/null 2>&1 || foundry_fail 'Node is not installed.' \
    "Install any Node from version 20 (https://nodejs.org); Foundry fetches its own Node $FOUNDRY_NODE_MAJOR with it."
  foundry_major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$foundry_major" -ge 20 ] || foundry_fail "Node $(node -v) is too old." \
    'Install any Node from version 20 (https://nodejs.org).'
  command -v npx >/dev/null 2>&1 || foundry_fail 'npx is not installed.' \
    'It usually comes with Node; some systems have it in a package named npm.'
}

foundry_pnpm_install() {
  # Node 24 is on the path of pnpm itself too, for install scripts that look at the version they run under.
  npx -y -p "node@$FOUNDRY_NODE_VERSION" -p "pnpm@$FOUNDRY_PNPM_VERSION" -- \
    pnpm install --frozen-lockfile --reporter=append-only
}

foundry_install() {
  foundry_require_machine
  mkdir -p "$1/node_modules"
  # A trap sees the script's own arguments, not this function's.
  foundry_own_lock="$1/node_modules/.foundry-install-lock"
  foundry_lock "$foundry_own_lock"
  # Two clones share npx's cache, which two npx at once may damage: they take turns.
  foundry_shared_lock="${TMPDIR:-/tmp}/foundry-install-$(id -u).lock"
  foundry_lock "$foundry_shared_lock"
  trap 'foundry_unlock "$foundry_own_lock"; foundry_unlock "$foundry_shared_lock"' EXIT
  trap 'exit 130' INT TERM HUP
  # The run before in the queue may have done it.
  if ! foundry_installed "$1"; then
    echo 'Installing dependencies (the first time takes a minute or two)'
    (cd "$1" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 foundry_pnpm_install) || foundry_fail \
      'The dependencies could not be installed.' \
      'The lines above say why. Without a network: run this once where the package registry can be reached.'
    [ -x "$1/node_modules/node/bin/node" ] || foundry_fail \
      "The installation has no Node $FOUNDRY_NODE_MAJOR (node_modules/node/bin/node)." \
      'Remove node_modules and run this again.'
    foundry_fingerprint "$1" >"$1/node_modules/.foundry-installed"
  fi
  foundry_unlock "$foundry_shared_lock"
  foundry_unlock "$foundry_own_lock"
  trap - EXIT INT TERM HUP
}

foundry_toolchain() {
  command -v git >/dev/null 2>&1 || foundry_fail 'git is not installed.' \
    'Install it with the system packages (Debian: apt-get install git; macOS: xcode-select --install).'
  foundry_installed "$1" || foundry_install "$1"
  FOUNDRY_NODE="$1/node_modules/node/bin/node"
  # Everything that is started from here, such as git hooks or a sandbox's tests, finds the same Node.
  PATH="$1/node_modules/node/bin:$1/node_modules/.bin:$PATH"
  export PATH
}
