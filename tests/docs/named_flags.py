"""Flags of our own programs that the text names must exist.

Commands in blocks are run, so this is for code within the text: `hitwatch keys --sort without_ttl`, or
a flag alone.
"""

import re
import subprocess

COMMANDS = (["run"], ["exporter"], ["check", "config"], ["check", "rules"], ["test", "rules"],
            ["test", "promql"], ["classify"], ["keys"], ["notify", "routes"], ["notify", "test"],
            ["notify", "pending"], ["notify", "dead"], ["notify", "resend"], ["query"], ["sink"],
            ["tap"], ["top"])
# Flags of others, which the text names to say what they are to be compared with.
OTHERS = {
    "Prometheus": {"--enable-feature", "--web.enable-remote-write-receiver"},
    "redis_exporter": {"--script", "--is-tile38", "--set-client-name"},
    "redis-cli": {"--scan", "--memkeys", "--cluster"},
    "ctest": {"--output-on-failure"},
    "statsd_exporter": {"--statsd.mapping-config", "--statsd.listen-udp", "--statsd.listen-tcp",
                        "--statsd.listen-unixgram", "--statsd.relay.address", "--web.listen-address",
                        "--statsd.event-flush-threshold", "--statsd.cache-size"},
    "apt": {"--purge"},
}
FLAG = r"(?<![\w-])(--?[a-z][\w.-]*)"


class Flags:
    def __init__(self, hitwatch, root):
        self.of_command = {}
        for command in COMMANDS:
            self.of_command[" ".join(command)] = flags_in(hitwatch, *command, "--help")
        self.of_dev = flags_in(root / "dev", "help")
        scripts = "".join(path.read_text() for place in ("deploy/demo/*.sh", "tests/bench/*.cc")
                          for path in root.glob(place))
        self.of_dev |= set(re.findall(r"(--[a-z][\w-]*)", (root / "dev").read_text() + scripts))
        self.all = set().union(self.of_dev, *self.of_command.values(), *OTHERS.values())

    def unknown(self, code):
        """The flags in a piece of code that do not exist."""
        words = code.split()
        if not words:
            return []
        if words[0] == "hitwatch":
            known = self._of_hitwatch(words[1:])
            return [flag for flag in re.findall(FLAG, code) if len(flag) > 2 and flag not in known]
        if words[0].startswith("--"):
            return [flag for flag in re.findall(FLAG, words[0]) if flag not in self.all]
        if words[0] == "./dev":
            return [flag for flag in re.findall(r"(?<![\w-])--[a-z][\w-]*", code) if flag not in self.of_dev]
        return []

    def _of_hitwatch(self, words):
        for length in (2, 1):
            known = self.of_command.get(" ".join(words[:length]))
            if known is not None:
                return known
        return set().union(*self.of_command.values())


def flags_in(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    return set(re.findall(FLAG, done.stdout + done.stderr))
