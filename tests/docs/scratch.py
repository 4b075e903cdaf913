"""What the documentation's commands run against: a folder with the files that they name, a Redis, a
receiver of notifications and spans, and a daemon; and the names by which they reach these.
"""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
# Debian's programs, where another python, say, comes first in PATH.
STAND_INS = """apt apt-get curl docker docker-compose dpkg git grafana-cli helm hitwatch journalctl kubectl
    podman redis-cli redis_exporter statsd_exporter sudo systemctl terraform""".split()

# The configuration of the daemon. What commands find as hitwatch.yaml is the same, but does not listen
# where the daemon does.
CONFIGURATION = """
targets:
  - {{url: "redis://127.0.0.1:{redis}", alias: cache-1}}
  - {{url: "redis://127.0.0.1:{redis}/1", alias: catalog}}
poll: {{interval: 1s, timeout: 900ms}}
keys:
  patterns:
    - {{match: "catalog:{{tenant}}:*"}}
    - {{match: "{{type}}:{{tenant}}:{{id}}", tenant: required}}
    - {{match: "session:*"}}
  sample: {{interval: 1s}}
apps:
  statsd: {{listen: [{listen}]}}
  http: {{enabled: true, token_file: lookups.token}}
  otlp: {{enabled: true, token_file: lookups.token}}
notify:
  route:
    receiver: team
    group_wait: 0s
    routes: [{{matchers: [severity="page"], receiver: pager}}]
  receivers:
    - {{name: team, webhook_configs: [{{url: "http://127.0.0.1:{sink}/"}}]}}
    - {{name: pager, webhook_configs: [{{url: "http://127.0.0.1:{sink}/"}}]}}
rules: {{evaluation_interval: 1s}}
web: {{admin_api: true, scrape_allow: ["*:6379", "127.0.0.1:*"]}}
storage: {{path: {state}}}
"""

RULES = """groups:
  - name: mine
    rules:
      - alert: SessionsMiss
        expr: rate(cache_misses_total{type="session"}[5m]) > 100
        for: 5m
        labels: {severity: page}
        annotations: {summary: "{{ $labels.tenant }} misses"}
"""

RULE_TESTS = """rule_files: [my-rules.yaml]
tests:
  - interval: 1m
    input_series:
      - {series: 'cache_misses_total{type="session", tenant="acme"}', values: "0+12000x20"}
    alert_rule_test:
      - eval_time: 15m
        alertname: SessionsMiss
        exp_alerts:
          - exp_labels: {severity: page, type: session, tenant: acme}
            exp_annotations: {summary: acme misses}
"""

ALERTMANAGER = """route: {receiver: team}
receivers: [{name: team, webhook_configs: [{url: "http://alerts.example/"}]}]
"""

STATSD = b"".join(
    f"cache.{'miss' if n % 4 == 0 else 'hit'}:1|c|#tenant:{('acme', 'globex')[n % 2]},type:catalog\n"
    f"cache.latency:0.8|ms|#tenant:acme,type:catalog,operation:get\n".encode()
    for n in range(20)
)


def free_port():
    """Of which nobody listens for TCP or UDP."""
    while True:
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            port = tcp.getsockname()[1]
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Scratch:
    """All of it; to be used with `with`. `folder` is where commands run."""

    def __init__(self, root: pathlib.Path, hitwatch: pathlib.Path):
        self.root, self.hitwatch = root, hitwatch
        self.processes = []
        self.later = {}  # ports of servers that are started when somebody asks for them

    def __enter__(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="hitwatch-docs."))
        try:
            self._set_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.top, ignore_errors=True)

    # --- servers ------------------------------------------------------------------------------

    def _set_up(self):
        self.etc = self.top / "etc"
        self.state = self.top / "state"
        self.work = self.top / "work"
        for folder in (self.etc, self.state, self.work):
            folder.mkdir()
        self.ports = {name: free_port() for name in ("redis", "sink", "web", "statsd")}
        self._start("redis", ["redis-server", "--port", str(self.ports["redis"]), "--save", "",
                              "--bind", "127.0.0.1", "--dir", str(self.top),
                              "--latency-monitor-threshold", "1"])
        self._start("sink", [str(self.hitwatch), "sink", "--listen",
                             f"127.0.0.1:{self.ports['sink']}"])
        self._write_files()
        self._make_stand_ins()
        self.wait(lambda: self.redis_cli("PING") == "PONG\n", "redis-server did not come up")
        self._fill_redis()
        self._start("hitwatch", [str(self.hitwatch), "run", "--config",
                                 str(self.etc / "daemon.yaml"), "--web.listen-address",
                                 f"127.0.0.1:{self.ports['web']}"])
        self.wait(lambda: self.get("/-/ready") is not None, "hitwatch did not come up")
        self.send_statsd(STATSD)
        self.wait(lambda: 'cache_hits_total{' in (self.get("/metrics") or ""),
                  "hitwatch did not count lookups")

    def _start(self, name, command):
        log = open(self.top / f"{name}.log", "w", encoding="utf-8")
        self.processes.append(subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT,
                                               cwd=self.top))

    def wait(self, condition, otherwise):
        deadline = time.monotonic() + 60
        while not condition():
            if time.monotonic() > deadline or any(one.poll() is not None for one in self.processes):
                logs = [f"--- {path.name}\n{path.read_text()}" for path in self.top.glob("*.log")]
                raise RuntimeError("\n".join([otherwise, *logs]))
            time.sleep(0.05)

    def get(self, path):
        """What the daemon answers with status 200, else None."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['web']}{path}", timeout=5) as answer:
                return answer.read().decode()
        except OSError:
            return None

    def redis_cli(self, *arguments, port=None, text=None):
        done = subprocess.run(["redis-cli", "-p", str(port or self.ports["redis"]), *arguments],
                              input=text, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def send_statsd(self, text: bytes):
        with socket.create_connection(("127.0.0.1", self.ports["statsd"])) as connection:
            connection.sendall(text)

    def sentinel_port(self):
        master = f"127.0.0.1 {self.ports['redis']}"
        return self._port_of("sentinel", "redis-sentinel", f"sentinel monitor main {master} 1")

    def cluster_port(self):
        return self._port_of("cluster", "redis-server", "cluster-enabled yes\nsave ''")

    def _port_of(self, name, program, settings):
        if name not in self.later:
            port = self.later[name] = free_port()
            file = self.top / f"{name}.conf"
            file.write_text(f"port {port}\nbind 127.0.0.1\ndir {self.top}\n{settings}\n")
            if name == "cluster":  # its bus is at a port of its own
                file.write_text(file.read_text() + f"cluster-port {free_port()}\n")
            self._start(name, [program, str(file)])
            self.wait(lambda: self.redis_cli("PING", port=port) == "PONG\n", f"{program} did not come up")
        return self.later[name]

    def _fill_redis(self):
        commands = [f"SET {name}:{tenant}:{n} {'x' * 50}{' EX 3600' if n % 3 else ''}"
                    for name in ("catalog", "order") for tenant in ("acme", "globex")
                    for n in range(20)]
        commands += [f"SET session:{n:04x} y EX 600" for n in range(20)]
        commands += ["GET catalog:acme:1", "GET catalog:acme:99"]
        self.redis_cli(text="\n".join(commands) + "\n")

    # --- files --------------------------------------------------------------------------------

    def _write_files(self):
        listen = '"udp://127.0.0.1:{0}", "tcp://127.0.0.1:{0}"'.format(self.ports["statsd"])
        (self.etc / "daemon.yaml").write_text(
            CONFIGURATION.format(**self.ports, state=self.state, listen=listen))
        (self.etc / "hitwatch.yaml").write_text(
            CONFIGURATION.format(**self.ports, state=self.top, listen=""))
        # What `hitwatch run` gets that is given no file.
        (self.top / "quiet.yaml").write_text(
            f"apps: {{statsd: {{listen: []}}}}\nstorage: {{path: {self.top}}}\n"
            "keys: {patterns: [{match: 'catalog:{tenant}:*'}]}\n")
        files = {"my-rules.yaml": RULES, "my-rules_test.yaml": RULE_TESTS,
                 "alertmanager.yml": ALERTMANAGER, "lookups.token": "secret-token\n",
                 "targets/redis.yaml": "- targets: ['redis-1:6379']\n",
                 "rules.d/mine.yaml": RULES, "web.yml": "basic_auth_users: {}\n",
                 "templates/own.tmpl": '{{ define "own" }}x{{ end }}\n'}
        for secret in ("redis-password", "otlp.token", "otlp-authorization", "signing.secret",
                       "webhook.key", "pagerduty.key"):
            files[secret] = "0123456789abcdef0123456789abcdef\n"
        for name, text in files.items():
            path = self.etc / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        for name in ("webhook-url", "slack-url"):
            (self.etc / name).write_text(f"http://127.0.0.1:{self.ports['sink']}/\n")
        self._make_certificates()

    def _make_certificates(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-keyout", self.etc / "client.key", "-out",
                        self.etc / "client.crt"], check=True, capture_output=True)
        for name in ("ca.crt", "otlp-ca.pem", "server.crt", "redis-ca.pem"):
            shutil.copy(self.etc / "client.crt", self.etc / name)
        shutil.copy(self.etc / "client.key", self.etc / "server.key")

    def _make_stand_ins(self):
        self.bin = self.top / "bin"
        self.bin.mkdir()
        for name in STAND_INS:
            (self.bin / name).symlink_to(HERE / "stand_in.sh")
        self.environment = {
            **os.environ,
            "PATH": f"{self.bin}:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(self.top), "LC_ALL": "C.UTF-8",
            "DOCS_HITWATCH": str(self.hitwatch), "DOCS_ROOT": str(self.root),
            "DOCS_SCRATCH": str(self.top), "DOCS_REDIS_PORT": str(self.ports["redis"]),
            "HITWATCH_URL": f"http://127.0.0.1:{self.ports['web']}",
            "REDIS_URL": f"redis://127.0.0.1:{self.ports['redis']}",
            "TOKEN": "secret-token", "NO_COLOR": "1"}

    def begin_document(self):
        """A folder for the commands and files of one document."""
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.work))
        shutil.copytree(self.etc, self.folder, dirs_exist_ok=True)
        self.environment["DOCS_FOLDER"] = str(self.folder)
        (self.folder / "dev").symlink_to(HERE / "stand_in.sh")
        for name in ("deploy", "docs", "rules", "dashboards", "tests", "agent"):
            if (self.root / name).exists() and not (self.folder / name).exists():
                (self.folder / name).symlink_to(self.root / name)

    # --- names --------------------------------------------------------------------------------

    def at_our_places(self, text):
        """The text with the folders of the documentation turned into ours."""
        for theirs, ours in (
            (r"/etc/hitwatch\b", self.folder),
            (r"/usr/share/hitwatch/rules\b", self.root / "rules/bundled"),
            (r"/usr/share/doc/hitwatch/examples/notify\b", self.root / "deploy/config/notify"),
            (r"/usr/share/doc/hitwatch/examples\b", self.root / "deploy/examples"),
            (r"/usr/share/doc/hitwatch\b", self.root / "docs"),
            (r"/var/lib/hitwatch\b", self.state),
        ):
            text = re.sub(theirs, str(ours), text)
        return text

    def here(self, text):
        """The text with the folders and addresses of the documentation turned into ours."""
        port = self.ports
        text = self.at_our_places(text)
        for pattern, ours in (
            # A second server is the same one under another name.
            (r"rediss?://(?:[\w.-]+@)?[a-z]+-2(?::6379|:6380)?(?=[\s'\"/,;)\]}]|$)",
             f"redis://localhost:{port['redis']}"),
            (r"rediss?://(?:[\w.-]+@)?[a-z][\w.-]*(?::6379|:6380)?(?=[\s'\"/,;)\]}]|$)",
             f"redis://127.0.0.1:{port['redis']}"),
            (r"(?<![\w.@/-])(?:[\w-]+\.)*[\w-]+:6379\b", f"127.0.0.1:{port['redis']}"),
            (r"(?<![\w.-])[\w.-]+:(?:9121|9090|9093)\b", f"127.0.0.1:{port['web']}"),
            (r"(?<![\w.-])[\w.-]+:(?:9099|4318)\b", f"127.0.0.1:{port['sink']}"),
            (r"(?<![\w.-])(localhost|127\.0\.0\.1)([: /])8125\b", rf"127.0.0.1\g<2>{port['statsd']}"),
        ):
            text = re.sub(pattern, ours, text)
        return text

    def there(self, text):
        """The reverse, for what is printed: the places and addresses as the documentation has them."""
        for ours, theirs in ((str(self.folder), "/etc/hitwatch"),
                             (f"127.0.0.1:{self.ports['redis']}", "localhost:6379"),
                             (f"127.0.0.1:{self.ports['web']}", "localhost:9121"),
                             (f"127.0.0.1:{self.ports['sink']}", "localhost:9099")):
            text = text.replace(ours, theirs)
        return text

    def run(self, command, text=None, timeout=60):
        """(status, output) of a command in the document's folder. Nothing that it started is left."""
        if "26379" in str(command[-1]):
            self.environment["DOCS_SENTINEL_PORT"] = str(self.sentinel_port())
        if "-h node-" in str(command[-1]):
            self.environment["DOCS_CLUSTER_PORT"] = str(self.cluster_port())
        process = subprocess.Popen(command, cwd=self.folder, env=self.environment, text=True,
                                   stdin=subprocess.PIPE if text is not None else subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        try:
            output, _ = process.communicate(text, timeout)
            status = process.returncode
        except subprocess.TimeoutExpired:
            output, status = f"it did not end within {timeout} s", 1
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.stdout.close()
        process.wait()
        return status, output
