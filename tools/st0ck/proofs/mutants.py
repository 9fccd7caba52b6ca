#!/usr/bin/env python3
"""Mutation testing (goal G52): changes the program in every way that cargo-mutants knows, and counts the
changes that no test of the crate sees.

    tools/st0ck/proofs/mutants.py AREA      AREA: risk, orders, journal; --help tells the rest

cargo-mutants builds the crate once for each mutant, minutes each. Here one build holds them all: each
function gets a copy of its body for each of its mutants, and $MUTANT chooses one when the tests run. What
cannot stand beside the others (a `const`, another type behind `impl Trait`) is built by itself; what does
not compile even then is unviable. A mutant is caught when a test fails or does not end. What the tests let
pass they get to see again without debug assertions, as the release is built. Mutants that change nothing
anybody could see stand with their reasons in mutants.equivalent.

Works on a clone of HEAD in $ST0CK_BUILDS (default: target/proofs). Needs cargo-mutants 27 and Python 3.9.
Exits 1 when a mutant was missed.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
JOURNAL = ["codec/**", "walk/**", "reader.rs", "recover.rs", "segment.rs"]
# The package, its folder, and which of its files are changed.
AREAS = {
    "risk": ("st0ck-engine", "core/engine", ["risk/**"]),
    "orders": ("st0ck-engine", "core/engine", ["orders/**"]),
    "journal": ("st0ck-journal", "journal", JOURNAL),
}
SWITCH = """
#[doc(hidden)]
#[allow(missing_docs)]
pub mod mutant {
    pub fn is(number: u32) -> bool {
        static CHOSEN: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
        let chosen = || std::env::var("MUTANT").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        *CHOSEN.get_or_init(chosen) == number
    }
}
"""


class Source:
    """One file as it was committed, and places in it."""

    def __init__(self, path):
        self.path, self.text = path, path.read_text()
        self.lines = [0]
        for line in self.text.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))

    def span(self, span):
        return [self.lines[at["line"] - 1] + at["column"] - 1 for at in (span["start"], span["end"])]

    def body(self, function):
        """The places of a function's first brace and its last."""
        start, end = self.span(function["span"])
        depth = 0
        for place in range(start, end):
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(self.text[place], 0)
            if self.text[place] == "{" and depth == 0:
                return place, end - 1
        raise ValueError(f"a function without a body: {function}")

    def stands_alone(self, mutant):
        """Whether it cannot be chosen when the tests run."""
        function = mutant["function"]
        if function is None:
            return True
        signature = self.text[self.span(function["span"])[0]:self.body(function)[0]]
        return "const fn" in signature or "impl " in function["return_type"]

    def mutated(self, mutant, start, end):
        """What stands from start to end, changed."""
        first, last = self.span(mutant["span"])
        return self.text[start:first] + mutant["replacement"] + self.text[last:end]

    def woven(self, mutants):
        """The file with all of the mutants in it, and which of its lines are whose."""
        bodies = collections.defaultdict(list)
        for mutant in mutants:
            bodies[self.body(mutant["function"])].append(mutant)
        text, owners, done = "", {}, 0
        for (start, end), inside in sorted(bodies.items()):
            if start < done:
                raise ValueError(f"a function within a function: {inside[0]['name']}")
            text += self.text[done:start + 1]
            for mutant in inside:
                text += f"\nif crate::mutant::is({mutant['number']}) {{\n"
                first = text.count("\n")
                text += self.mutated(mutant, start + 1, end)
                owners.update(dict.fromkeys(range(first, text.count("\n") + 2), mutant["number"]))
                text += "\n} else "
            text += "{\n" + self.text[start + 1:end] + "\n}\n"
            done = end
        return text + self.text[done:], owners


class Area:
    """What is changed and built."""

    def __init__(self, name, tree, target, wanted):
        self.package, folder, globs = AREAS[name]
        self.tree, self.folder = tree, tree / folder
        self.env = dict(os.environ, CARGO_TARGET_DIR=str(target), CARGO_TERM_COLOR="never",
                        CARGO_PROFILE_DEV_DEBUG="false")
        files = [word for glob in globs for word in ("-f", f"{folder}/src/{glob}")]
        listed = self.cargo("mutants", "--list", "--json", "--no-config", "-p", self.package, *files)
        self.mutants = {number: dict(mutant, number=number)
                        for number, mutant in enumerate(json.loads(listed.stdout), 1)
                        if wanted(number, known_as(mutant["name"]))}
        self.sources = {name: Source(tree / name)
                        for name in sorted({mutant["file"] for mutant in self.mutants.values()})}
        self.lib = Source(self.folder / "src/lib.rs")

    def cargo(self, *words):
        return subprocess.run(["cargo", *words], cwd=self.tree, env=self.env, capture_output=True, text=True)

    def source(self, number):
        return self.sources[self.mutants[number]["file"]]

    def build(self):
        """The test binaries, or the file and line of each error."""
        made = self.cargo("test", "--no-run", "-p", self.package, "--message-format=json")
        messages = [json.loads(line) for line in made.stdout.splitlines() if line.startswith("{")]
        if made.returncode == 0:
            return [message["executable"] for message in messages if message.get("executable")], []
        errors = [message["message"] for message in messages if "message" in message]
        return [], [(span["file_name"], span["line_start"])
                    for error in errors if error["level"] == "error"
                    for span in error["spans"] if span["is_primary"]]

    def build_together(self):
        """Builds all that can stand together; gives the binaries and the numbers in them."""
        together = {number for number, mutant in self.mutants.items()
                    if not self.source(number).stands_alone(mutant)}
        self.lib.path.write_text(self.lib.text + SWITCH)
        while True:
            owners = {}
            for name, source in self.sources.items():
                inside = [self.mutants[n] for n in sorted(together) if self.mutants[n]["file"] == name]
                text, lines = source.woven(inside)
                source.path.write_text(text)
                owners.update({(name, line): number for line, number in lines.items()})
            binaries, errors = self.build()
            if binaries:
                return binaries, together
            wrong = {owners[place] for place in errors if place in owners}
            if not wrong:
                sys.exit(f"does not compile, and not for a mutant: {errors}")
            together -= wrong

    def build_alone(self, number):
        """Builds one mutant by itself: its binaries, or none when it is unviable."""
        for source in [*self.sources.values(), self.lib]:
            source.path.write_text(source.text)
        source = self.source(number)
        source.path.write_text(source.mutated(self.mutants[number], 0, len(source.text)))
        return self.build()[0]


class Tests:
    """Runs the tests against a mutant: those that caught most so far, then the quick ones, then the rest."""

    def __init__(self, area, binaries):
        """Without a mutant everything passes, and tells how long it takes."""
        self.area, self.binaries, self.caught = area, binaries, collections.Counter()
        self.limit, self.times = 600, {}
        start = time.monotonic()
        for binary in binaries:
            if culprit := self.first_failure(binary, 0, [], self.times):
                sys.exit(f"without a mutant fails {culprit}")
        self.limit = 5 * (time.monotonic() - start) + 20
        self.quick = sorted(name for name, seconds in self.times.items() if seconds < 0.2)
        self.slow = sorted(self.times.keys() - set(self.quick))

    def catch(self, number):
        """What caught the mutant: a test, "crash" or "time"; None when nothing did."""
        best = [name for name, _ in self.caught.most_common(20)]
        for names in (best, self.quick, self.slow):
            for binary in self.binaries if names else []:
                if culprit := self.first_failure(binary, number, names):
                    if culprit in self.quick:
                        self.caught[culprit] += 1
                    return culprit
        return None

    def first_failure(self, binary, number, names, times=None):
        """Runs these tests of a binary, or all of them, until one fails."""
        command = [binary, "--test-threads=1", *(["--exact", *names] if names else [])]
        env = dict(self.area.env, MUTANT=str(number), RUST_BACKTRACE="0")
        process = subprocess.Popen(command, cwd=self.area.folder, env=env, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        late = threading.Event()
        timer = threading.Timer(self.limit, lambda: (late.set(), process.kill()))
        timer.start()
        try:
            before = time.monotonic()
            for line in process.stdout:
                name, is_result = line.split()[1:2], line.startswith("test ") and " ... " in line
                if is_result and line.rstrip().endswith("FAILED"):
                    return name[0]
                if is_result and times is not None:
                    times[name[0]] = time.monotonic() - before
                    before = time.monotonic()
            failed = process.wait() != 0
            return "time" if late.is_set() else "crash" if failed else None
        finally:
            timer.cancel()
            process.kill()
            process.stdout.close()
            process.wait()


def known_as(name):
    """A mutant's file and what it changes: the line and column between them move with every edit."""
    file, _, _, change = name.split(":", 3)
    return f"{file}:{change}"


def equivalents():
    """How many mutants of each name are known to change nothing."""
    lines = (HERE / "mutants.equivalent").read_text().splitlines()
    return collections.Counter(line.split("\t")[0] for line in lines if line and not line.startswith("#"))


def judge(area, jobs):
    """Each mutant's verdict: unviable, MISSED, or what caught it."""
    verdicts, told = {}, threading.Lock()

    def settle(number, verdict):
        with told:
            verdicts[number] = verdict
            print(verdict, area.mutants[number]["name"], sep="\t", flush=True)

    _, together = area.build_together()
    print(f"{len(area.mutants)} mutants, {len(together)} in one build", flush=True)
    left = sorted(together)
    for assertions in ("true", "false"):
        if assertions == "false" and not left:
            break
        area.env["CARGO_PROFILE_DEV_DEBUG_ASSERTIONS"] = assertions
        tests = Tests(area, area.build()[0])
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            list(pool.map(lambda n: settle(n, tests.catch(n) or "MISSED"), left))
        left = [number for number in left if verdicts[number] == "MISSED"]
    area.env["CARGO_PROFILE_DEV_DEBUG_ASSERTIONS"] = "true"
    for number in sorted(area.mutants.keys() - together):
        tests.binaries = area.build_alone(number)
        settle(number, (tests.catch(number) or "MISSED") if tests.binaries else "unviable")
    return verdicts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("area", choices=AREAS)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="one mutant of N")
    parser.add_argument("--again", metavar="LOG", help="those that an earlier run's output says were MISSED")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="test runs at once")
    options = parser.parse_args()
    log = pathlib.Path(options.again).read_text().splitlines() if options.again else []
    missed = {known_as(line.split("\t", 1)[1]) for line in log if line.startswith("MISSED\t")}
    builds = pathlib.Path(os.environ.get("ST0CK_BUILDS", ROOT / "target/proofs"))
    tree = builds / f"mutants-{options.area}"
    shutil.rmtree(tree, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", "--shared", ROOT, tree], check=True)

    def wanted(number, name):
        return name in missed if options.again else number % options.every == 0

    # A target of its own: cargo names artifacts by their place in the workspace, whichever tree it is.
    area = Area(options.area, tree, builds / f"mutants-{options.area}-target", wanted)
    known, counts = equivalents(), collections.Counter()
    for number, verdict in sorted(judge(area, options.jobs).items()):
        name = known_as(area.mutants[number]["name"])
        if verdict == "MISSED" and known[name] > 0:
            known[name] -= 1
            verdict = "equivalent"
        counts[verdict if verdict in ("unviable", "equivalent", "MISSED") else "caught"] += 1
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())))
    sys.exit(1 if counts["MISSED"] else 0)


if __name__ == "__main__":
    main()
