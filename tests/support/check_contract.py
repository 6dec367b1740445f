#!/usr/bin/python3
"""Asks a server that runs everything its description describes, and compares each answer with it.

Usage: check_contract.py URL DESCRIPTION REQUESTS SITUATION [--database FILE] [--record FILE]

URL          of the server, e.g. http://127.0.0.1:8080
DESCRIPTION  the OpenAPI file the server was built with
REQUESTS     a JSON file: what is asked in each situation, and the status that is expected
SITUATION    which of the requests: empty, filled, broken; or what is asked besides: accounts, both
--database   a SQLite file of the server, to be locked for a while
--record     a file for all requests and answers, a line each, to be compared with those of another server

Every answer must have a status that the operation describes, one of its content types and a body that fits the schema.
Objects have the described members in the described order and no others. A failure is one line: operation, request,
problem. Exit status 0: all is well; 1: not; 2: wrong arguments.
"""
import argparse
import base64
import contextlib
import decimal
import gzip
import http.client
import json
import re
import sqlite3
import sys
import time
import urllib.parse

sys.dont_write_bytecode = True
from openapi_description import Description, fail, failures  # noqa: E402

# An answer that takes longer than this is none.
TIMEOUT = 60
# Operations whose answers change by themselves.
VOLATILE = {"getMetrics", "portalCostSummary"}

# ---- asking


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.raw = body
        self.body = gzip.decompress(body) if response.headers.get("content-encoding") == "gzip" else body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def json(self, operation, request):
        def no_twice(pairs):
            names = [name for name, _ in pairs]
            if len(set(names)) != len(names):
                fail(operation, request, f"an object has a member twice: {names}")
            return dict(pairs)

        try:
            return json.loads(self.body.decode("utf-8"), object_pairs_hook=no_twice)
        except ValueError as error:
            fail(operation, request, f"the body is no JSON: {error}: {self.text[:300]}")
            return None


class Server:
    def __init__(self, url, record=None):
        self.place = urllib.parse.urlsplit(url)
        self.connection = None
        self.record = record

    def note(self, method, target, data, answer):
        """What may differ between two servers is left out: where they listen, and sizes that follow from it."""
        if not self.record:
            return
        names = ("content-type", "content-encoding", "content-disposition", "allow", "location", "retry-after")
        headers = [f"{name}: {answer.headers[name]}" for name in names if name in answer.headers]
        headers += [name for name in ("etag", "cache-control", "vary") if name in answer.headers]
        line = [method, target, data.decode("utf-8", "replace") if data else None, answer.status, headers, answer.text]
        text = json.dumps(line, ensure_ascii=False).replace(f"{self.place.netloc}", "SERVER")
        self.record.write(text + "\n")

    def ask(self, method, target, body=None, headers=None):
        data = body if body is None or isinstance(body, bytes) else body.encode()
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.place.hostname, self.place.port, timeout=TIMEOUT)
            try:
                self.connection.request(method, target, data, headers or {})
                response = self.connection.getresponse()
                answer = Answer(response, response.read())
                self.note(method, target, data, answer)
                return answer
            except (http.client.HTTPException, OSError):
                # A connection that was kept may have been closed meanwhile.
                self.connection.close()
                self.connection = None
                if attempt == 2:
                    raise


# ---- the check


class Check:
    def __init__(self, server, description, situation):
        self.server = server
        self.description = description
        self.situation = situation
        self.known = {}
        self.headers = {}

    def target(self, operation, values, query):
        path = operation.path
        for name, value in values.items():
            path = path.replace("{" + name + "}", urllib.parse.quote(str(value), safe=""))
        return path + ("?" + query if query else "")

    def fill(self, text):
        """'<name>' stands for something that was found in the database."""
        for name, value in self.known.items():
            text = text.replace(f"<{name}>", urllib.parse.quote(str(value), safe=""))
        return text

    def values(self, operation, given):
        values = {parameter["name"]: self.known.get(parameter["name"], "x") for parameter in operation.of("path")}
        values.update({name: self.fill_plain(value) for name, value in given.items()})
        return values

    def fill_plain(self, value):
        if isinstance(value, dict):
            return {key: self.fill_plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill_plain(item) for item in value]
        if not isinstance(value, str):
            return value
        for name, text in self.known.items():
            value = value.replace(f"<{name}>", str(text))
        return value

    def call(self, operation, values=None, query="", body=None, expected=None, headers=None, media="application/json"):
        target = self.target(operation, self.values(operation, values or {}), self.fill(query))
        all_headers = dict(self.headers, **(headers or {}))
        text = body if body is None or isinstance(body, (str, bytes)) else json.dumps(self.fill_plain(body))
        if text is not None and media:
            all_headers["Content-Type"] = media
        request = f"{operation.method} {target}" + (f" {text[:200]}" if text is not None else "")
        answer = self.server.ask(operation.method, target, text, all_headers)
        if expected is not None and answer.status not in expected:
            fail(operation.id, request, f"status {answer.status}, not {expected}: {answer.text[:300]}")
        value = operation.check(request, answer)
        if answer.status == 200 and value is not None:
            self.check_meaning(operation, request, value)
        if operation.method == "GET":
            self.check_head(operation, target, request, answer, all_headers)
        return answer, value

    def check_head(self, operation, target, request, answer, headers):
        """HEAD, a tag that is known already, and compression. Beside a worker the answer may change in between."""
        for _ in range(5):
            complaint = self.compare(operation, target, request, answer, headers)
            if complaint is None:
                return
            again = self.server.ask("GET", target, None, headers)
            if again.body == answer.body:
                break
            answer = again
        fail(operation.id, request, complaint)

    def compare(self, operation, target, request, answer, headers):
        """What does not go with the answer of a GET, or None."""
        head = self.server.ask("HEAD", target, None, headers)
        if head.body or head.status != answer.status:
            return f"HEAD is {head.status} with {len(head.body)} bytes, GET is {answer.status}"
        if operation.id in VOLATILE:
            return None
        for name in ("content-type", "content-length", "etag", "allow", "location"):
            if head.headers.get(name) != answer.headers.get(name):
                return f"HEAD says {name} {head.headers.get(name)}, GET {answer.headers.get(name)}"
        tag = answer.headers.get("etag")
        if answer.status != 200:
            return None
        if not tag:
            return "there is no etag"
        again = self.server.ask("GET", target, None, dict(headers, **{"If-None-Match": tag}))
        operation.check(request + " If-None-Match", again)
        if again.status != 304:
            return f"If-None-Match is answered with {again.status}"
        small = self.server.ask("GET", target, None, dict(headers, **{"Accept-Encoding": "gzip"}))
        if small.body != answer.body:
            return "the compressed answer is another one"
        if len(answer.body) > 4000 and len(small.raw) >= len(answer.body):
            return f"{len(answer.body)} bytes are not compressed"
        return None

    def check_meaning(self, operation, request, value):
        """What a schema cannot say."""
        number = decimal.Decimal
        if isinstance(value, dict) and {"items", "page_size"} <= set(value):
            pages = -(-value["total"] // value["page_size"])
            left = max(0, value["total"] - (value["page"] - 1) * value["page_size"])
            if value["pages"] != pages or len(value["items"]) != min(left, value["page_size"]):
                fail(operation.id, request, f"{len(value['items'])} items of {value['total']} on {value['pages']} pages")
        if isinstance(value, dict) and "buckets" in value:
            if sum(number(bucket["total_amount"]) for bucket in value["buckets"]) != number(value["total_amount"]):
                fail(operation.id, request, "the buckets do not add up to the total")
        if operation.id == "portalCostSummary":
            net = number(value["net_cost_usd"])
            sums = [number(value["total_cost_usd"]) + number(value["total_credits_usd"])]
            sums += [sum(number(row["cost_usd"]) for row in value[name]) for name in ("by_product", "by_environment")]
            if any(one != net for one in sums):
                fail(operation.id, request, f"{sums} are not {net}")

    # ---- what is asked of every operation

    def bad_values(self, schema):
        types = schema.get("type")
        types = types if isinstance(types, list) else [types]
        if "$ref" in schema:
            return self.bad_values(self.description.resolve(schema))
        if "integer" in types:
            return ["x", "", "1.5", "1e3"] + (["0"] if schema.get("minimum") == 1 else []) + (
                [str(schema["maximum"] + 1)] if "maximum" in schema else [])
        if schema.get("format") in ("date", "date-time"):
            return ["x", "", "2026-13-01", "2026-02-30", "2026-3-1"]
        return []

    def bad_parameters(self, operation):
        for parameter in operation.of("query"):
            for value in self.bad_values(parameter["schema"]):
                query = urllib.parse.urlencode({parameter["name"]: value})
                self.call(operation, query=self.required_but(operation, parameter["name"]) + query, expected=(422,))
            if parameter.get("required"):
                self.call(operation, query=self.required_but(operation, parameter["name"]), expected=(422,))
        self.call(operation, query="x=%FF", expected=(400,), body={} if operation.body_schema else None)

    def required_but(self, operation, name):
        good = {"date": "2026-06-01"}
        values = {parameter["name"]: good.get(parameter["schema"].get("format"), "x")
                  for parameter in operation.of("query") if parameter.get("required") and parameter["name"] != name}
        return urllib.parse.urlencode(values) + "&" if values else ""

    def bad_bodies(self, operation):
        if not operation.body_schema:
            return
        schema = self.description.resolve(operation.body_schema)
        self.call(operation, body="{", expected=(422,))
        self.call(operation, body="[]", expected=(422,))
        self.call(operation, body="7", expected=(422,))
        self.call(operation, body=None, expected=(422,))
        self.call(operation, body="{}", media="text/plain", expected=(422,))
        for name, member in schema["properties"].items():
            wrong = {} if "array" in str(member.get("type")) or "bool" in str(member.get("type")) else [1]
            self.call(operation, body={name: wrong}, expected=(422,))
        if schema.get("required"):
            self.call(operation, body={}, expected=(422,))

    def wrong_ways(self, operation):
        """Another tenant, another method, a slash too many."""
        values = self.values(operation, {})
        path = self.target(operation, values, "")
        if "tenant_name" in values:
            self.call(operation, values={"tenant_name": "it's \"none\" \u00e9"}, expected=(404,),
                      query=self.required_but(operation, ""), body={} if operation.body_schema else None)
        patch = self.server.ask("PATCH", path, None, self.headers)
        if patch.status != 405 or operation.method not in patch.headers.get("allow", ""):
            fail(operation.id, f"PATCH {path}", f"status {patch.status}, allow {patch.headers.get('allow')}")
        options = self.server.ask("OPTIONS", path, None, self.headers)
        if options.status != 204 or operation.method not in options.headers.get("allow", "") or options.body:
            fail(operation.id, f"OPTIONS {path}", f"status {options.status}, allow {options.headers.get('allow')}")
        if path != "/":
            slash = self.server.ask(operation.method, path + "/?a=b", None, self.headers)
            location = slash.headers.get("location", "")
            if slash.status != 307 or not location.endswith(path + "?a=b"):
                fail(operation.id, f"{operation.method} {path}/", f"status {slash.status}, location {location}")

    def everything_wrong(self):
        for operation in self.description.operations.values():
            self.bad_parameters(operation)
            self.bad_bodies(operation)
            self.wrong_ways(operation)

    # ---- what is asked of some

    def discover(self):
        """Names of things in the database, for paths and queries of the requests."""
        self.known = {"tenant_name": "acme", "entity_type": "resource", "entity_id": "none", "tag_key": "team",
                      "dimension_id": "1", "kind": "orgs"}
        if self.situation != "filled":
            return
        get = self.description.operations
        _, resources = self.call(get["listResources"], query="page_size=1000", expected=(200,))
        _, identities = self.call(get["listIdentities"], query="page_size=1000", expected=(200,))
        _, chargebacks = self.call(get["listChargebacks"], query="page_size=1000", expected=(200,))
        for resource in resources["items"]:
            self.known.setdefault(resource["resource_type"], resource["resource_id"])
        ids = {resource["resource_id"] for resource in resources["items"]}
        charged = [item for item in chargebacks["items"]
                   if item["resource_id"] in ids and item["identity_id"].startswith("sa-")]
        self.known.update(resource=charged[0]["resource_id"], identity=charged[0]["identity_id"],
                          product=charged[0]["product_type"], dimension_id=str(charged[0]["dimension_id"]),
                          entity_id=charged[0]["resource_id"], any_identity=identities["items"][0]["identity_id"])

    def run(self, requests):
        for request in requests:
            if self.situation not in request["when"]:
                continue
            operation = self.description.operations[request["operation"]]
            expected = request["status"] if isinstance(request["status"], list) else [request["status"]]
            answer, value = self.call(operation, request.get("path"), request.get("query", ""), request.get("body"),
                                      expected, media=request.get("media", "application/json"))
            if "has" in request and self.fill_plain(request["has"]) not in answer.text:
                fail(operation.id, self.fill(request.get("query", "")) or operation.path,
                     f"'{self.fill_plain(request['has'])}' is missing in {answer.text[:600]}")
            items = value.get("items", value.get("nodes")) if isinstance(value, dict) else value
            if "count" in request and (items is None or len(items) < request["count"]):
                fail(operation.id, self.fill(request.get("query", "")), f"fewer than {request['count']} items")

    def bill_adds_up(self):
        """The sum over all tenants is that of the lines of the only one, to the last digit."""
        lines, total, page = 0, decimal.Decimal(0), 1
        with decimal.localcontext() as context:
            context.prec = 100
            while True:
                _, value = self.call(self.description.operations["listBilling"], expected=(200,),
                                     query=f"start_date=2026-06-01&end_date=2026-06-28&page_size=1000&page={page}")
                lines += len(value["items"])
                total += sum(decimal.Decimal(item["total_cost"]) for item in value["items"])
                if page >= value["pages"]:
                    break
                page += 1
            query = "from_ts=2026-06-01T00%3A00%3A00Z&to_ts=2026-06-29T00%3A00%3A00Z"
            _, value = self.call(self.description.operations["portalCostSummary"], query=query, expected=(200,))
            if value["records"] != lines or decimal.Decimal(value["net_cost_usd"]) != total:
                fail("portalCostSummary", query, f"{value['net_cost_usd']} in {value['records']} lines, not {total} in {lines}")

    def all_called(self):
        for operation in self.description.operations.values():
            if not operation.statuses:
                fail(operation.id, operation.path, "it was never asked")
            elif not any(200 <= status < 300 for status in operation.statuses) and operation.id not in (
                    "runPipeline", "portalCollect"):
                fail(operation.id, operation.path, f"it was never answered well, only {sorted(operation.statuses)}")

    def own_files(self, text):
        get = self.description.operations
        answer, _ = self.call(get["getOpenApi"], expected=(200,))
        if answer.body != text:
            fail("getOpenApi", "GET /openapi.json", "it is not the file")
        for name in ("getDocs", "getRedoc"):
            answer, _ = self.call(get[name], expected=(200,))
            if not answer.text.startswith("<!doctype html>") or re.search(r"https?://|(src|href)=.?//", answer.text):
                fail(name, get[name].path, "it is no HTML, or needs something from elsewhere")
            if "default-src 'none'" not in answer.headers.get("content-security-policy", ""):
                fail(name, get[name].path, "it may load anything")
        for path in ("/nope", "/api/v1", "/api/v1/tenants/acme/nope"):
            answer = self.server.ask("GET", path, None, self.headers)
            if answer.status != 404 or answer.text != '{"detail":"Not Found"}':
                fail("none", f"GET {path}", f"status {answer.status}: {answer.text[:200]}")

    def locked(self, database):
        """While another program writes: readers read on, writers are told to come back."""
        create = self.description.operations["bulkTags"]
        item = {"entity_type": "resource", "entity_id": "x", "tag_key": "locked", "tag_value": "1"}
        with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            answer, _ = self.call(create, body={"items": [item], "created_by": "test"}, expected=(503,))
            if not answer.headers.get("retry-after"):
                fail("bulkTags", "while the database is locked", "there is no retry-after")
            self.call(self.description.operations["listTags"], expected=(200,))
            connection.execute("ROLLBACK")
        self.call(create, body={"items": [item], "created_by": "test"}, expected=(200,))

    def runs(self):
        """Runs that requests start, beside those of the schedule."""
        status, run, collect = (self.description.operations[name]
                                for name in ("getPipelineStatus", "runPipeline", "portalCollect"))
        first = None
        for _ in range(300):
            _, first = self.call(status, expected=(200,))
            if first and first["last_result"] and not first["is_running"]:
                break
            self.call(run, expected=(200, 202, 409, 503))
            self.call(collect, expected=(200, 202, 503))
            time.sleep(0.2)
        else:
            fail(run.id, "in the mode both", f"no run ends: {first}")
        for _ in range(50):  # the schedule may be at it for a moment longer
            answer, _ = self.call(run, expected=(200, 202, 409))
            if answer.status == 202:
                break
            time.sleep(0.2)
        else:
            fail(run.id, "in the mode both", "no run is started")
        self.call(run, expected=(202, 409))
        answer, value = self.call(collect, expected=(200, 202))
        if answer.status == 200 and value["tenants"] != [{"tenant_name": "acme", "status": "already_running"}]:
            fail(collect.id, "while a run is at work", answer.text)
        self.call(self.description.operations["getReadiness"], expected=(200,))
        self.call(self.description.operations["getMetrics"], expected=(200,))

    def accounts(self):
        """Without an account only what is open; who may read does not write."""
        def basic(name, password):
            return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}

        for operation in self.description.operations.values():
            body = {} if operation.body_schema else None
            query = self.required_but(operation, "")
            open_statuses = (200, 304)
            answer, _ = self.call(operation, query=query, body=body, expected=open_statuses if operation.is_open else (401,))
            if not operation.is_open and not answer.headers.get("www-authenticate"):
                fail(operation.id, operation.path, "401 without www-authenticate")
        for operation in self.description.operations.values():
            if operation.is_open:
                continue
            body = {} if operation.body_schema else None
            query = self.required_but(operation, "")
            writes = 403 in operation.answers
            answer, _ = self.call(operation, query=query, body=body, headers=basic("reader", "reader-password-1"))
            if (answer.status == 403) != writes or answer.status == 401:
                fail(operation.id, operation.path, f"a reader gets {answer.status}")
            answer, _ = self.call(operation, query=query, body=body, headers=basic("writer", "writer-password-1"))
            if answer.status in (401, 403):
                fail(operation.id, operation.path, f"a writer gets {answer.status}")
        health = self.description.operations["listTenants"]
        statuses = [self.call(health, headers=basic("reader", f"wrong {i}"), expected=(401, 429))[0].status
                    for i in range(60)]
        if statuses[0] != 401 or statuses[-1] != 429:
            fail("listTenants", "with wrong passwords", f"the answers are {statuses}")


def main():
    parser = argparse.ArgumentParser(add_help=False)
    for name in ("url", "description", "requests", "situation"):
        parser.add_argument(name)
    parser.add_argument("--database")
    parser.add_argument("--record", type=argparse.FileType("w", encoding="utf-8"))
    options = parser.parse_args()
    with open(options.description, "rb") as file:
        text = file.read()
    with open(options.requests, encoding="utf-8") as file:
        requests = json.load(file)
    description = Description(text.decode("utf-8"))
    unknown = {request["operation"] for request in requests} - set(description.operations)
    for name in unknown:
        fail(name, options.requests, "there is no such operation")
    check = Check(Server(options.url, options.record), description, options.situation)
    if not unknown:
        check.discover()
        if options.situation == "accounts":
            check.accounts()
        elif options.situation == "both":
            check.runs()
        else:
            check.run(requests)
        if options.situation in ("empty", "filled"):
            check.own_files(text)
            check.everything_wrong()
        if options.database:
            check.locked(options.database)
        if options.situation == "filled":
            check.bill_adds_up()
            check.all_called()
    for line in failures[:200]:
        print(line)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
