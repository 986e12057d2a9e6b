#!/usr/bin/env python3
"""Draws the figures of a run of Carom from its CSV files: python3 SCRIPT [FOLDER OF THE RUN [FOLDER FOR THE FIGURES]]

Needs matplotlib. Written by `carom export`; change it as you like.
"""

import csv
import sys
from math import inf, isfinite, nan
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

RUN = Path(sys.argv[1] if len(sys.argv) > 1 else "DIR")
FIGURES = Path(sys.argv[2] if len(sys.argv) > 2 else ".")
FILES = {}


def column(file, name, start, stop, step=1):
    """The rows start, start + step, … before stop of a column. An empty field is a missing value."""
    if file not in FILES:
        with open(RUN / file, encoding="utf-8", newline="") as lines:
            head, *rows = csv.reader(lines)
        FILES[file] = head, rows
    head, rows = FILES[file]
    at = head.index(name)
    return [float(row[at]) if row[at] else nan for row in rows[start:stop:step]]


def band(axes, x, y, half, color):
    """A band of half the given height on either side of a curve."""
    y, half = np.array(y), np.array(half)
    axes.fill_between(x, y - half, y + half, color=color, alpha=0.2, linewidth=0)


def legend(axes, right=None):
    """One legend for the curves of both vertical axes."""
    every = [axes] if right is None else [axes, right]
    pairs = [pair for a in every for pair in zip(*a.get_legend_handles_labels())]
    axes.legend(*zip(*pairs), fontsize="small")


def heatmap(axes, x, y, values):
    """Cells at the values of x and y, row by row; x changes fastest."""
    cells = np.array(values).reshape(len(y), len(x))
    columns, rows = np.argsort(x), np.argsort(y)
    mesh = axes.pcolormesh(np.array(x)[columns], np.array(y)[rows], cells[rows][:, columns], shading="nearest")
    return mesh


def color(figure, panels, maps, label, limits):
    """One colour scale for all heat maps of a figure, blue and red if it is symmetric about zero."""
    if not maps:
        return
    if limits is None:
        known = [v for m in maps for v in np.ma.getdata(m.get_array()).ravel() if isfinite(v)] or [0, 1]
        low, high = min(known), max(known)
        if min(-low, high) > 0.25 * max(-low, high):
            low, high = -max(-low, high), max(-low, high)
        limits = low, high
    colours = plt.get_cmap("RdBu_r" if limits[0] < 0 and limits[0] == -limits[1] else "viridis").copy()
    colours.set_bad("lightgrey")
    for m in maps:
        m.set_cmap(colours)
        m.set_clim(*limits)
    figure.colorbar(maps[0], ax=list(panels[0]), label=label)


def save(figure, name):
    """Writes the figure as PDF and PNG."""
    for kind in "pdf", "png":
        figure.savefig(FIGURES / f"{name}.{kind}", dpi=300)
        print(FIGURES / f"{name}.{kind}")
