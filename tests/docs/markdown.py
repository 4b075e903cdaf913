"""The parts of a document that the test looks at: fenced blocks, headings, links, code in the text.

Only what our documents use of Markdown (CommonMark with GitHub's tables and anchors) is read.
"""

import dataclasses
import pathlib
import re


@dataclasses.dataclass
class Block:
    """A fenced block. `line` is that of its opening fence, counted from 1."""

    line: int
    info: str  # what stands behind the fence: "yaml rules file=my-rules.yaml"
    text: str  # with a newline at its end, unless empty

    @property
    def language(self):
        return self.info.split()[0] if self.info.split() else ""

    @property
    def kind(self):
        """The word behind the language, "" if there is none."""
        words = [word for word in self.info.split()[1:] if "=" not in word]
        return " ".join(words)

    def option(self, name):
        for word in self.info.split()[1:]:
            key, separator, value = word.partition("=")
            if separator and key == name:
                return value
        return None


@dataclasses.dataclass
class Link:
    line: int
    target: str
    image: bool


class Document:
    def __init__(self, path: pathlib.Path, name: str):
        self.path = path
        self.name = name  # relative to the root of the project
        self.blocks: list[Block] = []
        self.prose: list[tuple[int, str]] = []  # lines outside of blocks
        self.unclosed = None  # line of a fence that nothing closes
        self._split(path.read_text(encoding="utf-8").splitlines())

    def _split(self, lines):
        opened, fence, indent, body = None, "", 0, []
        for number, line in enumerate(lines, 1):
            mark = re.match(r"( *)(`{3,}|~{3,})(.*)$", line)
            if opened is None:
                if mark and "`" not in mark[3]:
                    opened, indent, fence, body = number, len(mark[1]), mark[2], []
                    info = mark[3].strip()
                else:
                    self.prose.append((number, line))
            elif mark and mark[2].startswith(fence) and not mark[3].strip():
                text = "".join(one + "\n" for one in body)
                self.blocks.append(Block(opened, info, text))
                opened = None
            else:
                cut = min(indent, len(line) - len(line.lstrip(" ")))
                body.append(line[cut:])
        self.unclosed = opened

    def paragraphs(self):
        """Text between blank lines, as (line, text): a link or code may go over a line's end."""
        start, text = 0, []
        for number, line in self.prose + [(0, "")]:
            if line.strip():
                if not text:
                    start = number
                text.append(line)
            elif text:
                yield start, "\n".join(text)
                text = []

    def links(self):
        for start, text in self.paragraphs():
            plain = re.sub(r"(`+)(?:.|\n)*?\1", lambda m: re.sub(r"[^\n]", "x", m[0]), text)
            for match in re.finditer(r"(!?)\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)(?: \"[^\"]*\")?\)", plain):
                yield Link(start + plain[: match.start()].count("\n"), match[2], match[1] == "!")
            # An image within a link: [![…](image)](page)
            for match in re.finditer(r"!\[[^\]]*\]\(([^()\s]+)\)", plain):
                yield Link(start + plain[: match.start()].count("\n"), match[1], True)
            for match in re.finditer(r"<(?:img|source)\b[^>]*?\bsrc(?:set)?=\"([^\"]+)\"", plain):
                yield Link(start + plain[: match.start()].count("\n"), match[1], True)

    def code(self):
        """Code within the text, as (line, code)."""
        for start, text in self.paragraphs():
            for match in re.finditer(r"(`+)((?:.|\n)*?[^`])\1(?!`)", text):
                yield start + text[: match.start()].count("\n"), match[2].replace("\n", " ")

    def headings(self):
        """(line, level, text)"""
        for number, line in self.prose:
            match = re.match(r"(#{1,6}) +(.*?) *#*$", line)
            if match:
                yield number, len(match[1]), match[2]

    def anchors(self):
        """The anchors that GitHub gives to the headings."""
        seen, anchors = {}, set()
        for _, _, text in self.headings():
            plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
            slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
            count = seen.get(slug, 0)
            seen[slug] = count + 1
            anchors.add(f"{slug}-{count}" if count else slug)
        for _, line in self.prose:
            anchors.update(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", line))
        return anchors
