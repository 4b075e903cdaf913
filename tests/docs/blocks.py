"""What a fenced block of the documentation must do, by the words behind its fence.

    ```yaml                  a configuration of hitwatch, or some of its sections
    ```yaml in=apps.otlp     what stands under these keys of one
    ```yaml rules            a rule file, for hitwatch and Prometheus
    ```yaml rule-tests       unit tests of rules
    ```yaml alertmanager     an alertmanager.yml
    ```yaml prometheus       a prometheus.yml
    ```yaml targets          a list of targets (file_sd)
    ```yaml web              a file for web.config_file
    ```yaml PROGRAM          of a program that is not at hand (OTHERS, below): it is YAML with these keys
    ```sh                    commands; all must succeed
    ```console               lines with "$ " are commands, what follows each is what it prints: "…" is
                             anything within a line, a line of nothing else any number of lines
    ```promql                expressions, with blank lines between them
    ```statsd                lines for the StatsD listener, all of which must be understood
    ```redis                 commands for Redis, none of which may fail; ```redis sentinel for a sentinel
    ```json                  JSON, in which … stands for whatever is left out
    ```json answer=/PATH     what the daemon answers there: it has the keys that are shown
    ```ini                   sections and keys as systemd has them
    ```text                  what is printed, or a picture: nothing is to be done with it

file=NAME after these words keeps the block under this name for later blocks of the same document. What
commands run against, and which cannot run in a test, is in scratch.py and stand_in.sh.
"""

import json
import re

import yaml

# Files of programs that are not at hand: the keys that there are at the top, and those that must be.
OTHERS = {
    "collector": ({"receivers", "processors", "exporters", "connectors", "extensions", "service"}, set()),
    "tempo": ({"server", "distributor", "storage", "ingester", "compactor", "overrides"}, {"storage"}),
    "grafana": ({"apiVersion", "datasources", "providers", "deleteDatasources"}, {"apiVersion"}),
    "statsd_exporter": ({"defaults", "mappings"}, {"mappings"}),
    "kubernetes": (None, {"apiVersion", "kind", "metadata"}),
    "compose": ({"services", "volumes", "networks", "configs", "secrets", "name"}, {"services"}),
    "helm-values": (None, set()),
}

YAML_KINDS = {"", "rules", "rule-tests", "alertmanager", "prometheus", "targets", "web", *OTHERS}
COMMANDS = (r"\s*(\$ |sudo |hitwatch (run|check|test|query|keys|tap|top|notify|classify|sink)\b|"
            r"redis-cli |curl |\./dev )")


class Wrong(Exception):
    """What is wrong with a block, in words for who wrote it."""


def check(block, scratch):
    """Raises Wrong."""
    checkers = {"yaml": check_yaml, "sh": check_commands, "console": check_console,
                "promql": check_promql, "statsd": check_statsd, "redis": check_redis,
                "json": check_json, "ini": check_ini, "text": check_text}
    checker = checkers.get(block.language)
    if checker is None:
        words = ", ".join(sorted(checkers))
        raise Wrong(f"a block must say what it is, by one of the words {words} behind its fence "
                    f"(tests/docs/blocks.py explains them), not by '{block.info}'")
    name = block.option("file")
    if name:
        path = scratch.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
    checker(block, scratch)


def must_succeed(scratch, command, **options):
    status, output = scratch.run(command, **options)
    if status != 0:
        shown = " ".join(str(word) for word in command) if command[0] != "bash" else "it"
        raise Wrong(f"{shown} failed ({status}):\n{scratch.there(output)}")
    return output


# --- yaml -----------------------------------------------------------------------------------------


def check_yaml(block, scratch):
    if block.kind not in YAML_KINDS:
        raise Wrong(f"nobody knows yaml of the kind '{block.kind}': {', '.join(sorted(YAML_KINDS))}")
    try:
        documents = [one for one in yaml.safe_load_all(block.text) if one is not None]
    except yaml.YAMLError as error:
        raise Wrong(f"it is not YAML: {error}") from error
    if block.kind in OTHERS:
        check_other(block.kind, documents)
        return
    path = scratch.folder / f"block-{block.line}.yaml"
    text = scratch.at_our_places(block.text)
    if block.kind == "":
        text = whole_configuration(text, block.option("in"))
    path.write_text(text, encoding="utf-8")
    give_variables(scratch, text)
    try:
        for command in commands_of_yaml(block, scratch, path):
            must_succeed(scratch, command)
    finally:
        path.unlink()


def commands_of_yaml(block, scratch, path):
    hitwatch = scratch.hitwatch
    outer = scratch.folder / "block-around.yaml"
    if block.kind == "rules":
        return [[hitwatch, "check", "rules", path], ["promtool", "check", "rules", path]]
    if block.kind == "rule-tests":
        return [[hitwatch, "test", "rules", path], ["promtool", "test", "rules", path]]
    if block.kind == "prometheus":
        return [["promtool", "check", "config", path]]
    around = {"alertmanager": f"targets: []\nnotify: {{file: {path.name}}}\n",
              "targets": f"targets: [{{file: {path.name}}}]\n",
              "web": f"targets: []\nweb: {{config_file: {path.name}}}\n"}
    if block.kind in around:
        outer.write_text(around[block.kind], encoding="utf-8")
        others = {"alertmanager": [["amtool", "check-config", path]], "targets": [],
                  "web": [["promtool", "check", "web-config", path]]}
        return [[hitwatch, "check", "config", outer], *others[block.kind]]
    return [[hitwatch, "check", "config", path]]


def whole_configuration(text, place):
    """`text` under the keys of `place`, with what must stand beside it."""
    for key in reversed(place.split(".") if place else []):
        text = f"{key}:\n" + re.sub(r"^(?=.)", "  ", text, flags=re.MULTILINE)
    if place == "notify" and not re.search(r"^  (route|file|webhook_url):", text, re.MULTILINE):
        text += "  route: {receiver: nobody}\n  receivers: [{name: nobody}]\n"
    return text


def give_variables(scratch, text):
    """Values for the variables that a configuration names."""
    names = re.findall(r"\$\{(\w+)\}", text) + re.findall(r"\b(?:\w+_)?env: ([A-Z]\w+)", text)
    for name in names:
        if name == "CREDENTIALS_DIRECTORY":
            scratch.environment[name] = str(scratch.folder)
        else:
            scratch.environment.setdefault(name, "http://127.0.0.1:1/")


def check_other(kind, documents):
    known, needed = OTHERS[kind]
    for document in documents:
        if not isinstance(document, dict):
            raise Wrong(f"it has no keys, which {kind} wants")
        keys = set(document)
        if known is not None and keys - known:
            raise Wrong(f"{kind} has no key {', '.join(sorted(keys - known))}")
        if needed - keys:
            raise Wrong(f"it lacks {', '.join(sorted(needed - keys))}")
        if kind == "collector":
            check_pipelines(document)


def check_pipelines(document):
    """A Collector's pipelines must name what is there."""
    for name, pipeline in document.get("service", {}).get("pipelines", {}).items():
        for part in ("receivers", "processors", "exporters"):
            for one in pipeline.get(part, []):
                if one not in document.get(part, {}) and one not in document.get("connectors", {}):
                    raise Wrong(f"the pipeline {name} names '{one}', which is not among the {part}")


# --- commands -------------------------------------------------------------------------------------


def check_commands(block, scratch):
    script = "set -euo pipefail\n" + scratch.here(block.text) + "\nwait\n"
    must_succeed(scratch, ["bash", "-c", script])


def check_console(block, scratch):
    commands = []  # (command, [line…])
    for line in block.text.splitlines():
        if line.startswith("$ "):
            commands.append((line[2:], []))
        elif line.startswith("> ") and commands and not commands[-1][1]:
            commands[-1] = (commands[-1][0] + "\n" + line[2:], [])
        elif commands:
            commands[-1][1].append(line)
        else:
            raise Wrong("the first line of a console must be a command, '$ …'")
    for command, expected in commands:
        _, output = scratch.run(["bash", "-c", scratch.here(command)])
        output = scratch.there(output)
        if not same_output(expected, output.splitlines()):
            raise Wrong(f"'{command}' prints:\n{output}--- and not:\n" + "\n".join(expected))


def same_output(expected, output):
    while expected and not expected[-1]:
        expected = expected[:-1]
    pattern = ""
    for line in expected:
        if line.strip() == "…":
            pattern += r"(?:.*\n)*"
        else:
            pattern += ".*".join(re.escape(part) for part in line.rstrip().split("…")) + r"\s*?\n"
    return re.fullmatch(pattern, "".join(line.rstrip() + "\n" for line in output)) is not None


def check_promql(block, scratch):
    expressions = [one for one in re.split(r"\n\s*\n", block.text) if one.strip()]
    for expression in expressions:
        must_succeed(scratch, [scratch.hitwatch, "query", expression])


# --- what servers are sent ------------------------------------------------------------------------


def check_statsd(block, scratch):
    lines = [line for line in block.text.splitlines() if line.strip()]
    total, unused = statsd_lines(scratch)
    scratch.send_statsd("".join(line + "\n" for line in lines).encode())
    try:
        scratch.wait(lambda: statsd_lines(scratch)[0] >= total + len(lines),
                     "the daemon did not read all lines")
    except RuntimeError as error:
        raise Wrong(str(error)) from error
    if statsd_lines(scratch)[1] > unused:
        reasons = [line for line in scratch.get("/metrics").splitlines()
                   if re.match(r"hitwatch_statsd_lines_\w+_total", line) and not line.endswith(" 0")]
        raise Wrong("a line does not count:\n" + "\n".join(reasons))


def statsd_lines(scratch):
    """StatsD lines that came so far, and how many of these were rejected or ignored."""
    total, unused = 0, 0
    for name, part, value in re.findall(r"^(hitwatch_statsd_lines(_\w+)?_total)\S* (\S+)$",
                                        scratch.get("/metrics"), re.MULTILINE):
        if part:
            unused += float(value)
        else:
            total = float(value)
    return total, unused


def check_redis(block, scratch):
    port = scratch.sentinel_port() if block.kind == "sentinel" else None
    for line in block.text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        output = scratch.redis_cli(port=port, text=line + "\n")
        if re.match(r"(\(error\)|ERR|NOPERM|WRONG|NO[A-Z]+ |Invalid|Could not)", output):
            raise Wrong(f"Redis answers '{line}' with: {output}")


# --- data -----------------------------------------------------------------------------------------


def check_json(block, scratch):
    text = re.sub(r"\{\s*…\s*\}", "{}", block.text)
    text = re.sub(r"\[\s*…\s*\]", "[]", text)
    text = re.sub(r",\s*…", "", text)
    try:
        shown = [json.loads(text)]
    except json.JSONDecodeError as error:
        try:
            shown = [json.loads(line) for line in text.splitlines() if line.strip()]
        except json.JSONDecodeError:
            raise Wrong(f"it is not JSON: {error}") from error
    path = block.option("answer")
    if path:
        answer = scratch.get(path)
        if answer is None:
            raise Wrong(f"the daemon does not answer {path}")
        must_have(json.loads(answer), shown[0], "")


def must_have(answer, shown, place):
    """Every key that is shown is in the answer; of lists the first entries are compared."""
    if isinstance(shown, dict):
        if not isinstance(answer, dict):
            raise Wrong(f"the daemon's answer has no keys at {place or 'its top'}")
        for key, value in shown.items():
            if key not in answer:
                raise Wrong(f"the daemon's answer has no {place}/{key}")
            must_have(answer[key], value, f"{place}/{key}")
    elif isinstance(shown, list) and shown:
        if not isinstance(answer, list):
            raise Wrong(f"the daemon's answer has no list at {place}")
        if answer:
            must_have(answer[0], shown[0], f"{place}/0")


def check_ini(block, _):
    for line in block.text.splitlines():
        if line.strip() and not re.match(r"(\[\w+\]|#|[\w-]+=)", line):
            raise Wrong(f"this is neither [Section] nor key=value: {line}")


def check_text(block, _):
    for line in block.text.splitlines():
        if re.match(COMMANDS, line):
            raise Wrong(f"this looks like a command, which text is not for: {line}")
