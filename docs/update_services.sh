#!/usr/bin/env bash
# Updates many projects of the template: update_services.sh FOLDER...
#
# Each is checked for a newer version, updated, locked and tested. Nothing is committed, and
# nothing is done where something is not. At the end there is a line for each; the status
# is 1 if one of them needs somebody. What Copier, uv and pytest print is kept.
# It needs bash, git, uv and Copier.
set -uo pipefail

ANSWERS=.copier-answers.yml
logs=$(mktemp -d)

version() { sed -n "s/^_commit: *'\{0,1\}\([^']*\).*/\1/p" "$ANSWERS"; }
last_line() { grep -v '^[[:space:]]*$' "$log" | tail -n 1; }

# Update the project in this folder and print what came of it; fail if it needs somebody.
update() {
    local old conflicts
    [[ -f $ANSWERS ]] || { echo "no project: there is no $ANSWERS"; return 1; }
    [[ -z $(git status --porcelain -- . 2>&1) ]] || { echo "not committed"; return 1; }
    old=$(version)
    copier check-update --quiet >>"$log" 2>&1
    case $? in
        0) echo "up to date: $old"; return 0 ;;
        2) ;; # there is a newer version
        *) echo "not checked: $(last_line)"; return 1 ;;
    esac
    copier update --defaults --skip-answered >>"$log" 2>&1 ||
        { echo "not updated: $(last_line)"; return 1; }
    conflicts=$(git ls-files --unmerged -- . | cut -f2 | sort -u | paste -sd ' ' -)
    [[ -z $conflicts ]] || { echo "conflicts, $old to $(version): $conflicts"; return 1; }
    uv lock --quiet >>"$log" 2>&1 || { echo "not locked: $(last_line)"; return 1; }
    uv run --quiet pytest -q >>"$log" 2>&1 || { echo "red: $(last_line)"; return 1; }
    echo "green: $old to $(version)"
}

[[ $# -gt 0 ]] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
status=0
report=$logs/report
for folder in "$@"; do
    log=$logs/$(tr -c '[:alnum:]\n' _ <<<"$folder").log
    : >"$log"
    echo "$folder ..." >&2
    outcome=$(cd "$folder" 2>>"$log" && update) || status=1
    echo "$folder: ${outcome:-$(last_line)}" >>"$report"
done
cat "$report"
echo "What was printed, and what is to be done by hand, is in $logs." >&2
exit $status
