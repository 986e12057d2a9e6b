#!/usr/bin/env bash
# Runs the paper's figures (minutes, for the diagrams) and makes the book's gallery of them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cargo run --release -- run karpat2019 --out out/gallery
for figure in fig2 fig3abc fig3def fig4a fig4b fig5 fig6 fig8a fig8b; do
    cp "out/gallery/$figure/plot.svg" "book/src/gallery/$figure.svg"
done
cargo run --release -- reference --book gallery > book/src/gallery.md
