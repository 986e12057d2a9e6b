#!/usr/bin/env bash
# Runs the shipped protocols (the diagrams take minutes) and updates the gallery of the book. With names, only those protocols.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
carom() { cargo run --quiet --release -- "$@"; }
protocols=("$@")
((${#protocols[@]})) || mapfile -t protocols < <(carom list | awk '{ print $1 }')
for protocol in "${protocols[@]}"; do
    carom run "$protocol" --out "out/gallery/$protocol"
    carom reference --book gallery "$protocol" > "book/src/gallery/$protocol.md"
    mkdir -p "book/src/gallery/$protocol"
    grep -o "($protocol/[^)]*\.svg)" "book/src/gallery/$protocol.md" | tr -d '()' | while read -r picture; do
        cp "out/gallery/${picture%.svg}/plot.svg" "book/src/gallery/$picture"
    done
done
carom reference --book gallery > book/src/gallery.md
