"""An OpenAPI description, and whether answers are as it says; see check_contract.py."""
import datetime
import json
import re

import jsonschema

METHODS = ("get", "post", "put", "delete")

failures = []


def fail(operation, request, problem):
    line = " ".join(f"{operation} {request}: {problem}".split())
    failures.append(line[:2000])


def formats():
    """The formats of the description; jsonschema leaves most to other libraries."""
    checker = jsonschema.FormatChecker(formats=())

    @checker.checks("date", raises=ValueError)
    def is_date(value):
        if isinstance(value, str):
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
                return False
            datetime.date.fromisoformat(value)
        return True

    @checker.checks("date-time", raises=ValueError)
    def is_instant(value):
        if isinstance(value, str):
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{6})?Z", value):
                return False
            datetime.datetime.fromisoformat(value[:19])
        return True

    @checker.checks("uuid", raises=ValueError)
    def is_uuid(value):
        return not isinstance(value, str) or re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value) is not None

    return checker


def close_objects(schema, within_all_of=False):
    """Members that are not described are mistakes here, though clients must bear them."""
    if isinstance(schema, list):
        for item in schema:
            close_objects(item)
        return
    if not isinstance(schema, dict):
        return
    if "allOf" in schema:
        schema.setdefault("unevaluatedProperties", False)
    elif "properties" in schema and not within_all_of:
        schema.setdefault("additionalProperties", False)
    for key, value in schema.items():
        if key == "allOf":
            for part in value:
                close_objects(part, True)
        elif key not in ("enum", "const", "example", "examples", "default"):
            if key in ("properties", "schemas"):
                for inner in value.values():
                    close_objects(inner)
            else:
                close_objects(value)


class Description:
    def __init__(self, text):
        self.root = json.loads(text)
        for name, schema in self.root["components"]["schemas"].items():
            jsonschema.Draft202012Validator.check_schema(schema)
        self.strict = json.loads(text)
        shared = {part["$ref"].rsplit("/", 1)[1]
                  for schema in self.root["components"]["schemas"].values()
                  for part in schema.get("allOf", ()) if "$ref" in part}
        for name, schema in self.strict["components"]["schemas"].items():
            close_objects(schema, name in shared)
        self.resolver = jsonschema.RefResolver("", self.strict)
        self.formats = formats()
        self.operations = {}
        for path, place in self.root["paths"].items():
            for method in METHODS:
                if method in place:
                    operation = Operation(self, path, method, place)
                    self.operations[operation.id] = operation

    def resolve(self, thing, strict=False):
        while isinstance(thing, dict) and "$ref" in thing:
            found = self.strict if strict else self.root
            for part in thing["$ref"][2:].split("/"):
                found = found[part]
            thing = found
        return thing

    def problems(self, schema, value):
        validator = jsonschema.Draft202012Validator(schema, resolver=self.resolver, format_checker=self.formats)
        for error in validator.iter_errors(value):
            place = "/".join(str(part) for part in error.absolute_path) or "the body"
            yield f"{place}: {error.message[:300]}"
        yield from self.disorder(schema, value, "the body")

    def members(self, schema):
        """Described members in their order."""
        schema = self.resolve(schema, True)
        found = dict(schema.get("properties", {}))
        for part in schema.get("allOf", ()):
            found.update(self.members(part))
        return found

    def disorder(self, schema, value, place):
        schema = self.resolve(schema, True)
        if isinstance(value, list):
            for index, item in enumerate(value[:50]):
                yield from self.disorder(schema.get("items", {}), item, f"{place}/{index}")
        if not isinstance(value, dict):
            return
        members = self.members(schema)
        wanted = [name for name in members if name in value]
        given = [name for name in value if name in members]
        if wanted != given:
            yield f"{place}: members come as {given}, described as {wanted}"
        for name, member in value.items():
            yield from self.disorder(members.get(name, {}), member, f"{place}/{name}")


class Operation:
    def __init__(self, description, path, method, place):
        self.description = description
        self.path = path
        self.method = method.upper()
        self.self = place[method]
        self.id = self.self["operationId"]
        given = place.get("parameters", []) + self.self.get("parameters", [])
        self.parameters = [description.resolve(parameter) for parameter in given]
        self.answers = {int(status): description.resolve(answer) for status, answer in self.self["responses"].items()}
        self.statuses = set()
        self.is_open = self.self.get("security") == []
        body = description.resolve(self.self.get("requestBody", {}))
        self.body_schema = body.get("content", {}).get("application/json", {}).get("schema")

    def of(self, place):
        return [parameter for parameter in self.parameters if parameter["in"] == place]

    def check(self, request, answer):
        """Status, type, headers and body of an answer against the description."""
        if answer.status not in self.answers:
            return fail(self.id, request, f"status {answer.status} is not described: {answer.text[:300]}")
        self.statuses.add(answer.status)
        described = self.answers[answer.status]
        for name, header in described.get("headers", {}).items():
            value = answer.headers.get(name)
            schema = self.description.resolve(header)["schema"]
            if value is not None and any(self.description.problems(schema, value)):
                fail(self.id, request, f"header {name}: '{value}' is not as described")
        content = described.get("content")
        if content is None:
            if answer.body:
                fail(self.id, request, f"status {answer.status} has a body: {answer.text[:300]}")
            return None
        media = answer.headers.get("content-type", "")
        if media not in content:
            return fail(self.id, request, f"content type '{media}' with status {answer.status} is not described")
        schema = self.strict_schema(answer.status, media)
        value = answer.json(self.id, request) if media == "application/json" else answer.text
        for problem in list(self.description.problems(schema, value))[:5]:
            fail(self.id, request, f"status {answer.status}: {problem}")
        return value

    def strict_schema(self, status, media):
        place = self.description.strict["paths"][self.path][self.method.lower()]["responses"][str(status)]
        return self.description.resolve(place, True)["content"][media]["schema"]
