#!/bin/sh
# Runs a command with fakesnow beside it, an emulator of Snowflake, which is installed in a
# temporary directory and listens on this machine alone; HEADGATE_FAKESNOW_URL says where.
# It needs python3 with its module venv.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
pid=
stop() {
	if [ -n "$pid" ]; then kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; fi
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 1' HUP INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/fakesnow.txt"

cd "$dir" # it writes nothing, but not into a repository in any case
HOME=$dir "$dir/venv/bin/fakesnow" -s >"$dir/log" 2>&1 &
pid=$!
cd "$OLDPWD"

url=
for _ in $(seq 60); do
	url=$(sed -n 's/.*running on \(http:[^ ]*\).*/\1/p' "$dir/log")
	if [ -n "$url" ] || ! kill -0 "$pid" 2>/dev/null; then break; fi
	sleep 1
done
if [ -z "$url" ]; then
	echo "fakesnow did not start:" >&2
	cat "$dir/log" >&2
	exit 1
fi

HEADGATE_FAKESNOW_URL=$url "$@"
