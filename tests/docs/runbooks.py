"""docs/alerts.md has a section for every bundled alert, with all of its parts: what the alert means,
what it costs users, how to look, with a command or a query, and what to do.
"""

import re

import markdown

PARTS = ("Means", "Costs", "Look at", "Do")


def check(root, fault):
    path = root / "docs/alerts.md"
    document = markdown.Document(path, "docs/alerts.md")
    sections = {}  # name of the alert: (its line, text, [block…])
    headings = [one for one in document.headings() if one[1] <= 3]
    for (line, level, name), following in zip(headings, headings[1:] + [(10**9, 1, "")]):
        if level == 3:
            text = "\n".join(one for number, one in document.prose if line < number < following[0])
            inside = [one for one in document.blocks if line < one.line < following[0]]
            sections[name] = (line, text, inside)
    for alert, file in bundled_alerts(root):
        if alert not in sections:
            fault(document, 1, f"the alert {alert} of {file} has no section")
            continue
        line, text, inside = sections.pop(alert)
        missing = [part for part in PARTS if f"**{part}**" not in text]
        if missing:
            fault(document, line, f"{alert} does not say: {', '.join(missing)}")
        if not any(one.language in ("sh", "promql", "console") for one in inside):
            fault(document, line, f"{alert} has no command or query to look with")
    for name, (line, _, _) in sections.items():
        fault(document, line, f"there is no alert {name}")


def bundled_alerts(root):
    """(name, file)"""
    for file in sorted((root / "rules/bundled").glob("*.yaml")):
        for name in re.findall(r"^ *- alert: (\w+)", file.read_text(), re.MULTILINE):
            yield name, file.name
