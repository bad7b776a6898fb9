"""Scrubbers that are written in Python, as subjects of the comparison.

usage: scrubbers.py SCRUBBER

It reads a setup from standard input and writes a report to standard output, as bench/internal/scrub does for Go.
"""
import json
import os
import resource
import sys
import time

MASK = "[redacted]"
ENOUGH, OFTEN, SLOW = 0.1, 50, 1.0  # as in bench/internal/scrub


def texts(value, key=""):
    """Yields every string and number of a value: what holds it, where, its key and its text."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for at, member in members:
        name = at if isinstance(value, dict) else key
        if isinstance(member, (dict, list)):
            yield from texts(member, name)
        elif isinstance(member, str):
            yield value, at, name, member
        elif isinstance(member, (int, float)) and not isinstance(member, bool):
            yield value, at, name, json.dumps(member)


class DetectSecrets:
    """detect-secrets with all its plugins and default filters, which ask no vendor whether a credential is valid.

    It scans files, so every text is a line "key": "value" of one, and what was found is taken out of that line.
    """

    def __init__(self):
        from detect_secrets.core import scan
        from detect_secrets.settings import default_settings

        self.scan, self.settings = scan.scan_file, default_settings

    def load(self, objects):
        import tempfile

        self.objects = objects
        self.found = [list(texts(o)) for o in objects]
        self.lines = [f"{json.dumps(key)}: {json.dumps(text)}" for found in self.found for _, _, key, text in found]
        self.file = tempfile.NamedTemporaryFile("w", suffix=".txt")
        self.file.write("\n".join(self.lines) + "\n")
        self.file.flush()

    def scrub(self):
        self.secrets = {}
        with self.settings():
            for secret in self.scan(self.file.name):
                self.secrets.setdefault(secret.line_number, []).append(secret.secret_value)

    def results(self):
        line = 0
        for o, found in zip(self.objects, self.found):
            for holder, at, key, text in found:
                line += 1
                before = quoted = json.dumps(text)
                for secret in self.secrets.get(line, []):
                    quoted = quoted.replace(secret, MASK)
                if quoted != before:
                    holder[at] = quoted[1:-1]
            yield o


class DetectSecretsTexts(DetectSecrets):
    """The same, as its option --string does it: a text by itself, of which every word may be a secret."""

    def __init__(self):
        super().__init__()
        from detect_secrets.core.scan import scan_line

        self.scan_line = scan_line

    def load(self, objects):
        self.objects = objects
        self.found = [t for o in objects for t in texts(o)]

    def scrub(self):
        with self.settings():
            for holder, at, key, text in self.found:
                cleaned = text
                for secret in self.scan_line(f"{key}: {text}"):
                    cleaned = cleaned.replace(secret.secret_value, MASK)
                if cleaned != text:
                    holder[at] = cleaned

    def results(self):
        return self.objects


class Presidio:
    """The recognisers of Presidio that need no language model, at the threshold of its demonstration.

    A recogniser sees the words around, so it gets "key: value". Dates and URLs, which it has recognisers for as
    well, are not personal by themselves and so are let be.
    """

    THRESHOLD = 0.35

    def __init__(self):
        import logging

        import spacy
        import tldextract
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
        from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

        logging.disable(logging.CRITICAL)
        tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)  # the list it comes with

        class Words(NlpEngine):
            """Words without a model: each is its own lemma, and none is a name."""

            def load(self):
                self.words = spacy.blank("en")

            def is_loaded(self):
                return hasattr(self, "words")

            def process_text(self, text, language):
                doc = self.words(text)
                return NlpArtifacts([], doc, [w.idx for w in doc], [w.text for w in doc], self, language)

            def process_batch(self, texts, language, **_):
                return ((text, self.process_text(text, language)) for text in texts)

            def is_stopword(self, word, language):
                return self.words.vocab[word].is_stop

            def is_punct(self, word, language):
                return self.words.vocab[word].is_punct

            def get_supported_entities(self):
                return []

            def get_supported_languages(self):
                return ["en"]

        words = Words()
        words.load()
        registry = RecognizerRegistry()
        registry.load_predefined_recognizers(languages=["en"], nlp_engine=words)
        self.engine = AnalyzerEngine(registry=registry, nlp_engine=words, default_score_threshold=self.THRESHOLD)
        self.entities = [e for e in self.engine.get_supported_entities("en") if e not in ("DATE_TIME", "URL")]

    def load(self, objects):
        self.objects = objects
        self.found = [t for o in objects for t in texts(o)]

    def scrub(self):
        for holder, at, key, text in self.found:
            prefix = f"{key}: "
            spans = self.engine.analyze(prefix + text, language="en", entities=self.entities)
            cleaned = text
            for span in sorted(spans, key=lambda s: -s.start):
                start, end = max(span.start - len(prefix), 0), span.end - len(prefix)
                if end > 0:
                    cleaned = cleaned[:start] + MASK + cleaned[end:]
            if cleaned != text:
                holder[at] = cleaned

    def results(self):
        return self.objects


class Sentry:
    """What Sentry's SDK for Python scrubs from an event before it sends it, by key and at every depth."""

    def __init__(self):
        from sentry_sdk.scrubber import EventScrubber

        self.scrubber = EventScrubber(recursive=True)

    def load(self, objects):
        self.objects = objects

    def scrub(self):
        for o in self.objects:
            self.scrubber.scrub_dict(o)

    def results(self):
        return self.objects


def substitute(value):
    """What Sentry puts in the place of a value."""
    return value.value


def run(scrubber, lines):
    objects = [json.loads(line) for line in lines]
    scrubber.load(objects)
    start = time.process_time()
    scrubber.scrub()
    return time.process_time() - start


def measure(scrubber, of):
    with open(of["in"], encoding="utf-8") as f:
        lines = f.read().removesuffix("\n").split("\n")
    spent = run(scrubber, lines)
    if of["out"]:
        with open(of["out"], "w", encoding="utf-8") as f:
            for o in scrubber.results():
                f.write(json.dumps(o, default=substitute) + "\n")
    if spent < SLOW:
        total, passes = 0.0, 0
        while total < ENOUGH and passes < OFTEN:
            total, passes = total + run(scrubber, lines), passes + 1
        spent = total / passes
    size = sum(len(line.encode()) for line in lines)
    return {"set": of["name"], "objects": len(lines), "bytes": size, "cpu": int(spent * 1e9)}


def limited(scrubber, of):
    """Measures a set in a process of its own, which ends when it has taken too much processor time."""
    limit = of["limit"] // 1_000_000_000
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))  # a new process begins at 0
        os.write(into, json.dumps(measure(scrubber, of)).encode())
        os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as f:
        answer = f.read()
    os.waitpid(child, 0)
    if answer:
        return json.loads(answer), False
    return {"set": of["name"], "objects": 1, "bytes": os.path.getsize(of["in"]), "cpu": of["limit"]}, True


def peak():
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) << 10 for line in f if line.startswith("VmHWM:"))


def main():
    scrubbers = {"detect-secrets": DetectSecrets, "detect-secrets-texts": DetectSecretsTexts, "presidio": Presidio, "sentry": Sentry}
    scrubber = scrubbers[sys.argv[1]]()
    setup = json.load(sys.stdin)
    costs, over = [], False
    for s in setup["sets"]:
        if not s["limit"]:
            costs.append(measure(scrubber, s))
        elif not over:
            cost, over = limited(scrubber, s)
            costs.append(cost)
    json.dump({"costs": costs, "peak": peak()}, sys.stdout)


if __name__ == "__main__":
    main()
