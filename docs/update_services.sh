#!/usr/bin/env bash
# Updates many projects of the template: update_services.sh FOLDER...
#
# Each is checked for a newer version, updated, locked and tested. Nothing is committed, and
# nothing is done where something is not. There is a line for each, and the status is 1 if
# one of them needs somebody. What Copier, uv and pytest print is kept.
# It needs bash, git, uv and Copier.
set -uo pipefail
unset CDPATH

version() { sed -n "s/^_commit: *'\{0,1\}\([^']*\).*/\1/p" .copier-answers.yml; }
last_line() { grep -v '^[[:space:]]*$' "$log" | tail -n 1; }
conflicts() { git ls-files --unmerged -- "$1" | cut -f2 | sort -u | paste -sd ' ' -; }

# Update the project in this folder and print what came of it; fail if it needs somebody.
update() {
    local old changed
    [[ -f .copier-answers.yml ]] || { echo "no project: there is no .copier-answers.yml"; return 1; }
    changed=$(git status --porcelain -- . 2>>"$log") || { echo "no repository: $(last_line)"; return 1; }
    [[ -z $changed ]] || { echo "not committed"; return 1; }
    # Copier could not write the index.
    [[ -z $(conflicts :/) ]] || { echo "waits for the conflicts in $(conflicts :/)"; return 1; }
    old=$(version)
    copier check-update --quiet >>"$log" 2>&1
    case $? in
        0) echo "up to date: $old"; return 0 ;;
        2) ;; # there is a newer version
        *) echo "not checked: $(last_line)"; return 1 ;;
    esac
    copier update --defaults --skip-answered >>"$log" 2>&1 ||
        { echo "not updated: $(last_line)"; return 1; }
    [[ -z $(conflicts .) ]] ||
        { echo "conflicts, $old to $(version): $(conflicts .)"; return 1; }
    uv lock --quiet >>"$log" 2>&1 || { echo "not locked: $(last_line)"; return 1; }
    uv run --quiet pytest -q >>"$log" 2>&1 || { echo "red: $(last_line)"; return 1; }
    echo "green: $old to $(version)"
}

[[ $# -gt 0 ]] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
logs=$(mktemp -d)
echo "What is printed, and what is to be done by hand, is in $logs." >&2
status=0 number=0
for folder in "$@"; do
    log=$logs/$((++number)).log
    outcome=$(cd -- "$folder" 2>>"$log" && update) || status=1
    echo "$folder: ${outcome:-$(last_line)}" | tee -a "$log"
done
exit $status
