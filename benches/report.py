"""The results of `run`: a table in Markdown, JSON, and a plot."""

import html
import json
import os
import pathlib
import platform
import subprocess


class Row:
    """A measurement next to its baseline of the same run.

    `ratio` is what the goal is about: a ratio to the baseline or, with `unit`, an amount. `goal` is None, or a text such
    as `at most 1.10` or `at least 0.80`.
    """

    def __init__(self, what, baseline, measured, ratio, goal=None, unit="x"):
        self.what, self.baseline, self.measured = what, baseline, measured
        self.ratio, self.goal, self.unit = ratio, goal, unit

    def missed(self):
        if not self.goal:
            return False
        word, limit = self.goal.removeprefix("at ").split()
        return self.ratio > float(limit) if word == "most" else self.ratio < float(limit)

    def cells(self):
        amount = f"{self.ratio:.2f}{self.unit}"
        goal = f"{self.goal}{self.unit}" if self.goal else ""
        return [self.what, self.baseline, self.measured, amount, goal + (", **missed**" if self.missed() else "")]


def machine():
    """Describes the machine that the figures were measured on."""
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    memory = int(next(line.split()[1] for line in open("/proc/meminfo") if line.startswith("MemTotal"))) >> 20
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gib": memory,
        "kernel": platform.release(),
        "rustc": rustc,
        "python": platform.python_version(),
        "load_average": round(os.getloadavg()[0], 1),
    }


def markdown(sections, failures, facts):
    lines = [
        "# Benchmarks",
        "",
        "This page is written by `benches/run`, which measures each figure next to a baseline in the same run.",
        "",
        f"Measured on {facts['cores']} cores ({facts['cpu']}), {facts['memory_gib']} GiB, Linux {facts['kernel']}, "
        f"Rust {facts['rustc']}, Python {facts['python']}; load average before the run {facts['load_average']}.",
        "",
        "![The figures that have a goal](benchmarks.svg)",
    ]
    for title, rows in sections.items():
        lines += ["", f"## {title}", "", "| what | baseline | measured | ratio | goal |", "|---|--:|--:|--:|---|"]
        lines += ["| " + " | ".join(row.cells()) + " |" for row in rows]
    lines += ["", *(f"**{title} failed:** {reason}" for title, reason in failures.items())]
    return "\n".join(lines).rstrip() + "\n"


def plot(sections):
    """Draws the ratios that have a goal, on a scale on which the goal is the middle."""
    rows = [row for rows in sections.values() for row in rows if row.goal]
    height = 50 + 20 * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 {height}" font-family="sans-serif" font-size="11">',
        f'<rect width="900" height="{height}" fill="white"/>',
        '<text x="440" y="20" font-weight="bold">share of the goal; the line is the goal</text>',
    ]
    for index, row in enumerate(rows):
        y = 34 + 20 * index
        word, limit = row.goal.removeprefix("at ").split()
        share = row.ratio / float(limit)
        color = "#b3402a" if row.missed() else "#2a6fb3"
        text = f"{row.ratio:.2f}{row.unit}, {row.goal}{row.unit}"
        parts.append(f'<text x="430" y="{y + 11}" text-anchor="end">{html.escape(row.what)}</text>')
        parts.append(f'<rect x="440" y="{y}" width="{min(share, 2) * 120:.0f}" height="14" fill="{color}"/>')
        parts.append(f'<text x="690" y="{y + 11}">{html.escape(text)}</text>')
    parts.append(f'<path d="M560 28V{height - 12}" stroke="#444" stroke-dasharray="3"/>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def write(folder, sections, failures, facts):
    """Writes the three files, and returns the table."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = markdown(sections, failures, facts)
    rows = {title: [vars(row) | {"missed": row.missed()} for row in rows] for title, rows in sections.items()}
    (folder / "benchmarks.md").write_text(text)
    (folder / "benchmarks.json").write_text(json.dumps({"machine": facts, "results": rows, "failures": failures}, indent=1))
    (folder / "benchmarks.svg").write_text(plot(sections))
    return text
