"""Reads a page of samples with the strict parsers of the Prometheus client; prints how many samples it has.

Usage: check_page.py openmetrics|text FILE
"""

import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families as strict
from prometheus_client.parser import text_string_to_metric_families as plain

kind, path = sys.argv[1:]
with open(path, encoding="utf-8", newline="") as file:
    page = file.read()
seen = set()
names = []
for family in (strict if kind == "openmetrics" else plain)(page):
    names.append(family.name)
    for sample in family.samples:
        key = (sample.name, tuple(sorted(sample.labels.items())), float(sample.timestamp))
        if key in seen:
            sys.exit(f"twice: {key}")
        seen.add(key)
if len(set(names)) != len(names):
    sys.exit(f"a family is there twice: {names}")
print(len(seen))
