#!/usr/bin/env bash
# Runs the figures of the paper (the diagrams take minutes) and updates the gallery of the book.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cargo run --release -- run karpat2019 --out out/gallery
for figure in fig2 fig3abc fig3def fig4a fig4b fig5 fig6 fig8a fig8b; do
    cp "out/gallery/$figure/plot.svg" "book/src/gallery/$figure.svg"
done
cargo run --release -- reference --book gallery > book/src/gallery.md
