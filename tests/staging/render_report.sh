#!/usr/bin/env bash
# The reports of a real rehearsal, looked at by a real browser: at a phone's and a desk's width, light and dark, and
# printed. With PICTURES=folder the pictures are kept there.
# Usage: render_report.sh BUILD
source "$(dirname "$0")/scenario.sh"
pictures=${PICTURES:-$scratch/pictures}
mkdir -p "$pictures"
pictures=$(cd "$pictures" && pwd)

# The page is ours, so Chromium's sandbox, which root can't have, guards nothing here. No name resolves: nothing can be
# fetched.
browser() {
  timeout 120 chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run \
    --allow-file-access-from-files \
    --host-resolver-rules='MAP * ~NOTFOUND' --user-data-dir="$scratch/browser" "$@" 2>"$scratch/browser.err"
}
scheme() { [ "$1" = light ] && echo preferredColorScheme=1 || echo preferredColorScheme=0; }
ground() { [ "$1" = light ] && echo 'rgb(255, 255, 255)' || echo 'rgb(18, 21, 24)'; }

# look NAME: what page_check.html finds at each width, in each scheme
look() {
  local width light
  for width in 360 1280; do
    for light in light dark; do
      browser --blink-settings="$(scheme $light)" --virtual-time-budget=20000 --window-size=1400,4200 --dump-dom \
        "file://$root/tests/staging/page_check.html?width=$width#file://$pictures/$1.html" |
        sed -n '/<pre>/,/<\/pre>/p' >"$scratch/seen.out"
      contains "$scratch/seen.out" "LOOKED width=$width ground=$(ground $light)"
      ! grep -q '^WRONG' "$scratch/seen.out" || failed "$1 at $width px, $light"
    done
  done
}

# picture NAME: as a reader sees it; the height is that of a long page
picture() {
  local light
  for light in light dark; do
    browser --blink-settings="$(scheme $light)" --window-size=1280,4000 \
      --screenshot="$pictures/$1-desk-$light.png" "file://$pictures/$1.html"
    # Chromium's own window is never narrower than 500 px: a frame is.
    {
      echo "<!doctype html><style>body{margin:0}iframe{border:0;width:360px;height:6000px}</style>"
      echo "<iframe src=\"file://$pictures/$1.html\"></iframe>"
    } >"$scratch/phone.html"
    browser --blink-settings="$(scheme $light)" --window-size=500,6000 \
      --screenshot="$pictures/$1-phone-$light.png" "file://$scratch/phone.html"
    [ -s "$pictures/$1-desk-$light.png" ] && [ -s "$pictures/$1-phone-$light.png" ] || failed "no picture of $1"
  done
}

# printed NAME WORDS: as a PDF, on paper of A4
printed() {
  browser --no-pdf-header-footer --print-to-pdf="$pictures/$1.pdf" "file://$pictures/$1.html"
  local pages
  pages=$(pdfinfo "$pictures/$1.pdf" | awk '/^Pages/ {print $2}')
  [ "$pages" -ge 2 ] && [ "$pages" -le 20 ] || failed "$1 has $pages pages"
  pdfinfo "$pictures/$1.pdf" | grep -q 'A4' || failed "$1 is not printed for A4"
  pdftotext -layout "$pictures/$1.pdf" "$scratch/$1.txt"
  contains "$scratch/$1.txt" "$2"
  # No page is left nearly empty, except the last.
  local page
  for page in $(seq $((pages - 1))); do
    [ "$(pdftotext -f "$page" -l "$page" "$pictures/$1.pdf" - | grep -c .)" -ge 8 ] ||
      failed "page $page of $1 is nearly empty"
  done
  say "$1: $pages pages"
}

# alone NAME: the page needs neither network nor script
alone() {
  ! grep -qiE '<script|<link|<img|@import|url\(|://|srcset|<iframe' "$pictures/$1.html" ||
    failed "$1 asks for something from elsewhere"
  ! grep -oE 'href="[^"]*"' "$pictures/$1.html" | grep -qv '"#' || failed "$1 links elsewhere"
}

# made NAME WORDS WHAT...: a report in all its forms, judged
made() {
  local name=$1 words=$2
  shift 2
  local code=0
  "$build/pgcleave" report "$@" -e "$environment" --out "$pictures/$name.html" 2>"$scratch/report.out" || code=$?
  [ "$code" = 0 ] || [ "$code" = 3 ] || failed "report $*: exit code $code"
  "$build/pgcleave" report "$@" -e "$environment" --format md >"$pictures/$name.md" || true
  "$build/pgcleave" report "$@" -e "$environment" --format json >"$pictures/$name.json" || true
  jq -e '.verdict.word != ""' "$pictures/$name.json" >/dev/null || failed "$name is no JSON"
  contains "$pictures/$name.md" "$words"
  ! grep -nE '<[a-z]+[ />]' "$pictures/$name.md" || failed "$name.md holds HTML"
  alone "$name"
  look "$name"
  picture "$name"
  printed "$name" "$words"
}

[ -n "$(command -v chromium)" ] || failed "there is no chromium: script/bootstrap"
lab_up
load="exec $(realpath "$lab") load --dir $dir --seconds 600 --writers 8 --reconnect 2"
load+=" --history $scratch/history-1.jsonl"
tool 0 rehearse "$root/runbooks/logical-switchover.yml" -e "$environment" --times "${ROUNDS:-2}" --hold 2s \
  --load "$load"
book=$root/runbooks/logical-switchover.yml
"$build/pgcleave" check -e "$environment" --runbook "$book" >/dev/null 2>&1 || true
tool 0 sign "$book" -e "$environment" --role driver --text "I drive"

say "a review that is not ready says so first"
made readiness "Not ready" readiness "$book"
say "a run"
made run "Rolled back" run
say "its rounds beside each other"
made compare "rounds good" compare
say "ok"
