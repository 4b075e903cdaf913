#!/usr/bin/python3 -B
"""Every command and configuration in the documentation runs, every link leads somewhere, every flag
and metric exists, and every alert has a runbook with all of its parts.

Usage: documentation_test.py ROOT HITWATCH [DOCUMENT…]
Without documents all of them: the README, docs/ and what lies beside the files it is about.
"""

import pathlib
import re
import sys
import time

import blocks
import markdown
import named_flags
import named_metrics
import runbooks
import scratch

PLACES = ("README.md", "docs/**/*.md", "deploy/**/*.md", "dashboards/**/*.md", "agent/page/**/*.md")
PICTURES = (".png", ".svg", ".jpg", ".gif", ".webp")


class Faults:
    def __init__(self):
        self.number = 0

    def __call__(self, document, line, text):
        self.number += 1
        text = text.rstrip().replace("\n", "\n    ")
        print(f"{document.name}:{line}: {text}", file=sys.stderr, flush=True)


def find_documents(root, names):
    if names:
        return [markdown.Document(root / name, name) for name in names]
    paths = [path for place in PLACES for path in sorted(root.glob(place))]
    return [markdown.Document(path, str(path.relative_to(root))) for path in paths
            if "node_modules" not in path.parts]


def check_links(document, root, known, fault):
    """`known` has the documents that were read already, for their anchors."""
    for link in document.links():
        if re.match(r"[a-z][a-z0-9+.-]*:", link.target):
            continue  # of the web, which a test does not ask
        name, _, anchor = link.target.partition("#")
        path = (document.path.parent / name).resolve() if name else document.path.resolve()
        if not path.exists():
            fault(document, link.line, f"the link leads to nothing: {link.target}")
            continue
        if root.resolve() not in [path, *path.parents]:
            fault(document, link.line, f"the link leaves the project: {link.target}")
            continue
        if link.image and path.suffix.lower() not in PICTURES:
            fault(document, link.line, f"this is no picture: {link.target}")
        if anchor:
            if path not in known:
                known[path] = markdown.Document(path, str(path)).anchors() if path.suffix == ".md" else set()
            if anchor not in known[path]:
                fault(document, link.line, f"there is no such heading: {link.target}")


def check_index(documents, root, fault):
    """docs/README.md names every document of docs/."""
    index = next((one for one in documents if one.name == "docs/README.md"), None)
    if index is None:
        return
    named = {(index.path.parent / link.target.partition("#")[0]).resolve() for link in index.links()}
    for document in documents:
        if document.name.startswith("docs/") and document is not index:
            if document.path.resolve() not in named:
                fault(index, 1, f"it does not name {document.name}")


def check_text(document, flags, metrics, fault):
    if document.unclosed:
        fault(document, document.unclosed, "nothing closes this block")
    chapters = {}
    for line, level, text in document.headings():
        first = chapters.setdefault(text, line) if level == 2 else line
        if first != line:
            fault(document, line, f"the chapter {text!r} begins in line {first}, too")
    for line, code in document.code():
        for flag in flags.unknown(code):
            fault(document, line, f"there is no flag {flag}: `{code}`")
        for name in named_metrics.unknown(code, metrics):
            fault(document, line, f"there is no metric {name} in docs/reference/metrics.md")
    for block in document.blocks:
        if block.language in ("sh", "promql", "console"):
            for name in named_metrics.unknown(block.text, metrics):
                fault(document, block.line, f"there is no metric {name} in docs/reference/metrics.md")


def main(root, hitwatch, *names):
    root, hitwatch = pathlib.Path(root).resolve(), pathlib.Path(hitwatch).resolve()
    fault = Faults()
    documents = find_documents(root, names)
    flags = named_flags.Flags(hitwatch, root)
    metrics = named_metrics.known_metrics(root)
    known = {document.path.resolve(): document.anchors() for document in documents}
    for document in documents:
        check_links(document, root, known, fault)
        check_text(document, flags, metrics, fault)
    if not names:
        check_index(documents, root, fault)
        runbooks.check(root, fault)
    ran = 0
    with scratch.Scratch(root, hitwatch) as place:
        for document in documents:
            place.begin_document()
            for block in document.blocks:
                began = time.monotonic()
                try:
                    blocks.check(block, place)
                except blocks.Wrong as wrong:
                    fault(document, block.line, str(wrong))
                ran += 1
                if time.monotonic() - began > 5:
                    print(f"{document.name}:{block.line}: took {time.monotonic() - began:.1f} s")
    print(f"{ran} blocks of {len(documents)} documents: {fault.number or 'no'} faults")
    return 1 if fault.number else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
