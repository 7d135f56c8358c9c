# Makes the folders for temporary files as small as it is told, for one command and what
# that starts, and says what the command leaves in them.
set -e
mount -t tmpfs -o mode=1777,size="$MEMORY" none /dev/shm
mkdir -p "$TMPDIR"
mount -t tmpfs -o mode=1777,size="$TEMPORARY" none "$TMPDIR"
"$@" || status=$?
find /dev/shm "$TMPDIR" -mindepth 1 ! -path "$TMPDIR" ! -path "*/pytest-of-*" |
    sed "s/^/left: /"
exit ${status:-0}
