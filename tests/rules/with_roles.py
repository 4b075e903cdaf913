"""The unit tests of the bundled rules once more, about servers that sentinels or a cluster name: their
series have a label `role`, which changes at a failover. Alerts about a server must be the same.

    with_roles.py BUNDLED FOLDER

Writes into FOLDER the rules and, of each test file NAME_test.yaml,

  NAME_role_test.yaml      every series of a server has role="master" from beginning to end: nothing may
                           differ from what the test expects
  NAME_failover_test.yaml  in the middle of all that is expected, role="master" becomes "replica": the
                           same alerts with the same labels. Their texts are left out, since a counter
                           that goes on in another series loses a step.
"""

import pathlib
import re
import sys

import yaml

# What is told of a server, by it or by its polls; other figures have no role, or one of their own.
OF_A_SERVER = re.compile(r"(redis_(?!sentinel_|cluster_(node|shard|imbalance|slots_covered|nodes_failed|disagree))"
                         r"|cache_keys|cache_estimate|hitwatch_keyspace_)")
VALUE = re.compile(r"(?P<start>_|stale|-?[0-9.e+]*?[0-9.](?:e[+-]?[0-9]+)?)"
                   r"(?:(?P<step>[+-][0-9.e]+))?(?:x(?P<times>[0-9]+))?$")


def with_role(series, role):
    """None for a series that has none."""
    name, labels = re.fullmatch(r"(\w+)\{(.*)\}", series).groups()
    if not OF_A_SERVER.match(name) or "instance=" not in labels or re.search(r"\brole=", labels):
        return None
    return f'{name}{{{labels},role="{role}"}}'


def samples(values):
    """Those that the notation of unit tests stands for: numbers, or the words `_` and `stale`."""
    found = []
    for word in values.split():
        start, step, times = VALUE.match(word).group("start", "step", "times")
        if start in ("_", "stale"):
            found += [start] * int(times or 1)
            continue
        found += [float(start) + float(step or 0) * at for at in range(int(times or 0) + 1)]
    return found


def written(values):
    return " ".join(one if isinstance(one, str) else f"{one:.17g}" for one in values)


def minutes(text):
    return sum(int(number) * {"h": 60, "m": 1, "s": 1 / 60}[unit]
               for number, unit in re.findall(r"(\d+)(h|m|s)", str(text)))


def constant(test):
    for one in test.get("input_series", []):
        one["series"] = with_role(one["series"], "master") or one["series"]


def failed_over(test):
    """The change comes three minutes before the first alert is expected, while it is pending."""
    firing = [minutes(one["eval_time"]) for one in test.get("alert_rule_test", []) if one["exp_alerts"]]
    at = max(1, int((min(firing) - 3) / minutes(test["interval"]))) if firing else 3
    split = []
    for one in test.get("input_series", []):
        master, replica = (with_role(one["series"], role) for role in ("master", "replica"))
        values = samples(one["values"])
        if master is None or len(values) <= at:
            split.append(one)
            continue
        split.append({"series": master, "values": written(values[:at] + ["stale"])})
        split.append({"series": replica, "values": written(["_"] * at + values[at:])})
    test["input_series"] = split
    for one in test.get("alert_rule_test", []):
        for alert in one["exp_alerts"]:
            alert.pop("exp_annotations", None)


def main(bundled, folder):
    texts = folder / "plain"
    texts.mkdir()
    for file in bundled.glob("*.yaml"):
        (folder / file.name).write_text(file.read_text())
        rules = yaml.safe_load(file.read_text())
        for group in rules["groups"]:
            for rule in group["rules"]:
                rule.pop("annotations", None)
        (texts / file.name).write_text(yaml.safe_dump(rules, sort_keys=False))
    for file in (bundled / "tests").glob("*_test.yaml"):
        for kind, change, rules in (("role", constant, folder), ("failover", failed_over, texts)):
            suite = yaml.safe_load(file.read_text())
            suite["rule_files"] = [str(rules / pathlib.Path(name).name) for name in suite["rule_files"]]
            for test in suite["tests"]:
                change(test)
                if kind == "failover":
                    test.pop("promql_expr_test", None)
            name = file.name.replace("_test.yaml", f"_{kind}_test.yaml")
            (folder / name).write_text(yaml.safe_dump(suite, sort_keys=False, width=1000))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
