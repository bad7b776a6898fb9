#!/usr/bin/env python3
"""A sink in Python: appends each event to a CSV file, each event once.

headgate writes a line of JSON for each batch and reads a line for each answer:

    {"id": 1, "events": [{"id": "…", "name": "run", "time": "…", "properties": {…}}, …]}
    {"id": 1}

What belongs in a log goes to standard error.
"""
import csv
import json
import os
import sys


def deliver(events, rows, known):
    """Appends the events that are not there yet; a batch comes again if its answer was lost."""
    failed = []
    for index, event in enumerate(events):
        if event["id"] in known:
            continue
        if not isinstance(event.get("properties", {}), dict):
            failed.append({"index": index, "class": "permanent", "error": "properties are no object"})
            continue
        rows.writerow([event["id"], event["time"], event["name"], json.dumps(event.get("properties", {}))])
        known.add(event["id"])
    return failed


def main(path):
    known = set()
    if os.path.exists(path):
        with open(path, newline="") as file:
            known = {row[0] for row in csv.reader(file) if row}
    with open(path, "a", newline="") as file:
        rows = csv.writer(file)
        for line in sys.stdin:
            question = json.loads(line)
            answer = {"id": question["id"]}
            try:
                failed = deliver(question.get("events", []), rows, known)
                file.flush()
                os.fsync(file.fileno())
                if failed:
                    answer["failed"] = failed
            except OSError as error:  # a full disk: headgate tries again later
                answer["error"] = error.strerror
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
