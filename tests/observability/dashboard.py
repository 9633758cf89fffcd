"""Draws the dashboard of the book as an SVG file, from the results of range queries."""

import html

WIDTH, PANEL, LEFT, RIGHT = 760, 170, 60, 190
COLORS = ["#2563eb", "#dc2626", "#d97706", "#059669"]
# The title of each panel, its unit, and the query and the legend of each line.
PANELS = [
    (
        "Calls by outcome",
        "per second",
        [
            ("sum by (error_type) (rate(http_client_request_duration_seconds_count[5s]))", "{error_type}"),
        ],
    ),
    (
        "Duration of calls",
        "seconds",
        [
            (f"histogram_quantile({quantile}, sum by (le) (rate(http_client_request_duration_seconds_bucket[5s])))", name)
            for quantile, name in [(0.5, "median"), (0.95, "95th percentile")]
        ],
    ),
    (
        "Requests that were resent, and token requests",
        "per second",
        [
            ("sum(rate(barcode_cloud_resent_requests_total[5s]))", "resent"),
            ("sum(rate(barcode_cloud_auth_token_requests_total[5s]))", "token requests"),
        ],
    ),
]


def draw(query):
    """Returns the dashboard. `query` returns the series of a PromQL expression, each with its labels and its values."""
    panels = [panel(title, unit, list(lines(query, queries))) for title, unit, queries in PANELS]
    height = PANEL * len(panels) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">',
        # The background makes the picture readable in light and dark themes.
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#ffffff" stroke="#d4d4d8"/>',
    ]
    for index, content in enumerate(panels):
        parts.append(f'<g transform="translate(0 {index * PANEL + 10})">{content}</g>')
    return "\n".join([*parts, "</svg>", ""])


def lines(query, queries):
    """Yields the name of each line, and its points: the time and the value."""
    for promql, legend in queries:
        for series in query(promql):
            labels = {"error_type": "success"} | series["metric"]
            points = [(float(time), float(value)) for time, value in series["values"] if value != "NaN"]
            if points:
                yield legend.format(**labels), points


def panel(title, unit, lines):
    """Returns a chart of lines over time, with its legend."""
    times = [time for _, points in lines for time, _ in points]
    first, last = min(times), max(times)
    top = max([value for _, points in lines for _, value in points] + [0.1]) * 1.1
    bottom, height = PANEL - 30, PANEL - 60

    def x(time):
        return LEFT + (time - first) / ((last - first) or 1) * (WIDTH - LEFT - RIGHT)

    def y(value):
        return bottom - value / top * height

    parts = [f'<text x="{LEFT}" y="18" font-weight="bold" fill="#18181b">{title}, {unit}</text>']
    for step in range(3):
        value = top * step / 2
        parts.append(f'<path d="M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}" stroke="#e4e4e7"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end" fill="#52525b">{value:.2g}</text>')
    for seconds in range(0, int(last - first) + 1, 15):
        parts.append(
            f'<text x="{x(first + seconds):.1f}" y="{bottom + 16}" text-anchor="middle" fill="#52525b">{seconds} s</text>'
        )
    for index, (name, points) in enumerate(lines):
        path = "L".join(f"{x(time):.1f} {y(value):.1f}" for time, value in points)
        color = COLORS[index % len(COLORS)]
        parts.append(f'<path d="M{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        row = 34 + 18 * index
        parts.append(f'<rect x="{WIDTH - RIGHT + 16}" y="{row - 9}" width="10" height="10" fill="{color}"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 32}" y="{row}" fill="#18181b">{html.escape(name)}</text>')
    return "".join(parts)
