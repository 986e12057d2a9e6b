#!/usr/bin/env bash
# Draws the figures of the book's pages. A picture figures/NAME/EXPERIMENT.svg is the figure of that experiment of the block
# `carom NAME.carom` on the page that shows it. Another `carom` than that of this checkout is used if CAROM names one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
carom() {
    if [ -n "${CAROM:-}" ]; then "$CAROM" "$@"; else cargo run --quiet --release -- "$@"; fi
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
grep -o '(figures/[^)]*\.svg)' book/src/*.md | tr -d '()' | while IFS=: read -r page picture; do
    experiment=$(basename "$picture" .svg)
    name=$(basename "$(dirname "$picture")")
    awk -v file="$name.carom" '/^```/ { inside = $1 == "```carom" && $NF == file; next } inside' "$page" > "$work/$name.carom"
    carom run "$work/$name.carom" "$experiment" --quiet --out "$work/$name" < /dev/null
    mkdir -p "book/src/figures/$name"
    cp "$work/$name/$experiment/plot.svg" "book/src/$picture"
    echo "book/src/$picture"
done
