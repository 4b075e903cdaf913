"""Metrics that the documentation names must be in its reference of metrics."""

import re

NAME = r"(?<![\w:/.-])((?:redis|cache|hitwatch)_[a-z0-9_]+)(?![\w/.:-]*[/.:]\w)"
# Words that look like metrics and are none of ours: programs, labels, secrets, others' names.
OTHERS = {"redis_exporter", "redis_cache_store", "redis_mode", "redis_password",
          "redis_memory_fragmentation_ratio"}
# Fields of CLUSTER INFO, which are taken as they come.
AS_THEY_COME = "redis_cluster_"


def known_metrics(root):
    reference = root / "docs/reference/metrics.md"
    return set(re.findall(r"`([a-z][a-z0-9_]+)`", reference.read_text(encoding="utf-8")))


def unknown(text, known):
    """The metrics in a text that the reference does not have; * stands for the rest of a name."""
    missing = []
    for name in re.findall(NAME, text):
        whole = re.sub(r"_(bucket|sum|count)$", "", name)
        if name in known or whole in known or name in OTHERS or name.startswith(AS_THEY_COME):
            continue
        if name.endswith("_") and any(one.startswith(name) for one in known):
            continue
        missing.append(name)
    return missing
