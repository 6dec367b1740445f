#!/usr/bin/env python3
"""A Kafka server for tests: takes connections with TLS and SASL for real, then relays to brokers that have neither.

One listener is opened for each upstream broker; Metadata answers are rewritten so that clients stay on the listeners.
The ports are written to --port-file as "127.0.0.1:port,...". It ends when it is told to, or after ten minutes.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import random
import socket
import ssl
import struct
import threading

METADATA, SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE = 3, 17, 18, 36
UNSUPPORTED_SASL_MECHANISM, ILLEGAL_SASL_STATE, UNSUPPORTED_VERSION, SASL_AUTHENTICATION_FAILED = 33, 34, 35, 58
# Versions with the old encoding only; those of Metadata are the ones the upstream's mock cluster has.
VERSIONS = {METADATA: (0, 2), API_VERSIONS: (0, 3), SASL_HANDSHAKE: (0, 1), SASL_AUTHENTICATE: (0, 0)}
MOST_BYTES = 64 * 1024 * 1024
MOST_SECONDS = 600
HASHES = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}
ITERATIONS = 4096


class Refused(Exception):
    """The credentials are wrong."""


def string(text):
    data = text.encode()
    return struct.pack(">h", len(data)) + data


def byte_string(data):
    return struct.pack(">i", len(data)) + data


def take_string(body, at):
    """A nullable string and the offset behind it."""
    (length,) = struct.unpack_from(">h", body, at)
    if length < 0:
        return None, at + 2
    return body[at + 2 : at + 2 + length].decode(), at + 2 + length


class Plain:
    """RFC 4616."""

    def __init__(self, users):
        self.users = users

    def step(self, message):
        fields = message.split(b"\0")
        if len(fields) != 3 or self.users.get(fields[1].decode()) != fields[2].decode():
            raise Refused()
        return b"", True


class Scram:
    """RFC 5802 without channel binding: the client's proof is verified, and the server proves itself."""

    def __init__(self, users, mechanism):
        self.users, self.hash, self.first = users, HASHES[mechanism], None

    def mac(self, key, text):
        return hmac.new(key, text, self.hash).digest()

    def step(self, message):
        if self.first is None:
            if not message.startswith(b"n,,"):
                raise Refused()
            self.bare = message[3:]
            parts = dict(part.split(b"=", 1) for part in self.bare.split(b","))
            name = parts[b"n"].decode().replace("=2C", ",").replace("=3D", "=")
            if name not in self.users:
                raise Refused()
            salt = os.urandom(16)
            self.salted = hashlib.pbkdf2_hmac(self.hash, self.users[name].encode(), salt, ITERATIONS)
            self.nonce = base64.b64encode(os.urandom(12))
            self.first = b"r=%s%s,s=%s,i=%d" % (parts[b"r"], self.nonce, base64.b64encode(salt), ITERATIONS)
            return self.first, False
        without_proof, _, proof = message.rpartition(b",p=")
        # As Kafka's brokers do: librdkafka before 2.6.1 puts its own part of the nonce in twice, which they accept.
        if not without_proof.endswith(self.nonce):
            raise Refused()
        signed = self.bare + b"," + self.first + b"," + without_proof
        client_key = self.mac(self.salted, b"Client Key")
        stored_key = hashlib.new(self.hash, client_key).digest()
        signature = self.mac(stored_key, signed)
        expected = bytes(left ^ right for left, right in zip(client_key, signature))
        if not hmac.compare_digest(base64.b64decode(proof), expected):
            raise Refused()
        return b"v=" + base64.b64encode(self.mac(self.mac(self.salted, b"Server Key"), signed)), True


def api_versions_answer(version):
    """The list; version 3 has the compact encoding."""
    if version > VERSIONS[API_VERSIONS][1]:
        version = 0
        error = UNSUPPORTED_VERSION
    else:
        error = 0
    keys = sorted(VERSIONS.items())
    if version == 3:
        body = struct.pack(">hB", error, len(keys) + 1)
        return body + b"".join(struct.pack(">hhhB", key, *span, 0) for key, span in keys) + struct.pack(">iB", 0, 0)
    body = struct.pack(">hi", error, len(keys)) + b"".join(struct.pack(">hhh", key, *span) for key, span in keys)
    return body + (struct.pack(">i", 0) if version else b"")


def metadata_answer(version, described):
    """An answer made up from {"brokers": [[id, host, port]...], "topics": [name...]}."""
    body = struct.pack(">i", len(described["brokers"]))
    for number, host, port in described["brokers"]:
        body += struct.pack(">i", number) + string(host) + struct.pack(">i", port)
        body += struct.pack(">h", -1) if version >= 1 else b""
    body += string("peer") if version >= 2 else b""
    body += struct.pack(">i", 0) if version >= 1 else b""
    body += struct.pack(">i", len(described["topics"]))
    for name in described["topics"]:
        body += struct.pack(">h", 0) + string(name) + (b"\0" if version >= 1 else b"") + struct.pack(">i", 0)
    return body


def is_fatal(version, body):
    """Whether a Metadata answer has a negative count, or a text that is missing or longer than the answer.

    librdkafka 2.0 reads where it must not then, and may crash.
    """
    at = 0

    def number(form):
        nonlocal at
        (value,) = struct.unpack_from(form, body, at)
        at += struct.calcsize(form)
        return value

    def size(form, least):
        value = number(form)
        if value < least:
            raise ValueError()
        return max(value, 0)

    def skip(length):
        nonlocal at
        at += length
        if at > len(body):
            raise ValueError()

    try:
        for _ in range(size(">i", 0)):
            number(">i"), skip(size(">h", 0)), number(">i"), version >= 1 and skip(size(">h", -1))
        version >= 2 and skip(size(">h", -1))
        version >= 1 and number(">i")
        for _ in range(size(">i", 0)):
            number(">h"), skip(size(">h", 0)), version >= 1 and number(">b")
            for _ in range(size(">i", 0)):
                number(">h"), number(">i"), number(">i")
                skip(4 * size(">i", 0)), skip(4 * size(">i", 0))
    except struct.error:
        return False
    except ValueError:
        return True
    return False


def fatal_answer(version, how):
    """A Metadata answer that librdkafka 2.0 does not survive: a topic without a name, or fewer topics than none."""
    broker = struct.pack(">i", 1) + string("127.0.0.1") + struct.pack(">i", 1)
    broker += struct.pack(">h", -1) if version >= 1 else b""
    head = struct.pack(">i", 1) + broker
    head += struct.pack(">h", -1) if version >= 2 else b""
    head += struct.pack(">i", 1) if version >= 1 else b""
    if how == "abort":
        return head + struct.pack(">i", -2)
    return head + struct.pack(">i", 1) + struct.pack(">hh", 0, -1) + b"\0" + struct.pack(">i", 0)


class Peer:
    def __init__(self, options):
        self.options = options
        self.users = dict(user.split(":", 1) for user in options.user)
        self.lock = threading.Lock()
        self.ended = threading.Event()  # never set
        self.ports = {}  # of an upstream -> of our listener
        self.context = self.tls()
        self.random = random.Random(options.corrupt or 0)
        self.described = json.load(open(options.metadata)) if options.metadata else None

    def tls(self):
        if "SSL" not in self.options.security:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.options.certificate, self.options.key)
        if self.options.client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.options.client_ca)
        return context

    def rewrite(self, version, body):
        """Puts our ports in place of the upstream's into a Metadata answer."""
        (count,) = struct.unpack_from(">i", body, 0)
        result, at = body[:4], 4
        for _ in range(count):
            number = body[at : at + 4]
            _, at = take_string(body, at + 4)
            (port,) = struct.unpack_from(">i", body, at)
            at += 4
            result += number + string("127.0.0.1") + struct.pack(">i", self.ports[port])
            if version >= 1:
                start = at
                _, at = take_string(body, at)
                result += body[start:at]
        return result + body[at:]

    def spoil(self, version, body):
        """Some bytes changed, or the end cut off, or something put in, but nothing that no client survives."""
        while True:
            spoiled = self.change(body)
            if not is_fatal(version, spoiled):
                return spoiled

    def change(self, body):
        spoiled = bytearray(body)
        for _ in range(self.random.choice([1, 1, 2, 4, 16])):
            at = self.random.randrange(len(spoiled))
            kind = self.random.randrange(5)
            if kind == 0:
                spoiled[at] ^= 1 << self.random.randrange(8)
            elif kind == 1:
                spoiled[at] = self.random.choice([0, 0x7F, 0x80, 0xFF])
            elif kind == 2:
                del spoiled[max(at, 1) :]
            elif kind == 3:
                spoiled[at:at] = bytes(self.random.randrange(256) for _ in range(self.random.randrange(1, 9)))
            else:
                spoiled[at : at + 4] = b"\xff\xff\xff\xff"
        return bytes(spoiled)

    def takes_drop(self):
        with self.lock:
            self.options.drop -= 1
            return self.options.drop >= 0

    def mechanism(self, name):
        return Plain(self.users) if name == "PLAIN" else Scram(self.users, name)

    def read(self, connection, length):
        data = b""
        while len(data) < length:
            more = connection.recv(min(length - len(data), 65536))
            if not more:
                raise ConnectionError("the other side closed")
            data += more
        return data

    def read_frame(self, connection):
        (length,) = struct.unpack(">i", self.read(connection, 4))
        if not 0 <= length <= MOST_BYTES:
            raise ConnectionError("a frame of %d bytes" % length)
        return self.read(connection, length)

    def relay(self, link, frame):
        """What the upstream answers, without the number of the request."""
        link.sendall(struct.pack(">i", len(frame)) + frame)
        return self.read_frame(link)[4:]

    def serve(self, connection, upstream):
        """One connection, until one side ends it."""
        link = None
        state = {"known": not self.options.security.startswith("SASL"), "sasl": None}
        try:
            connection.settimeout(MOST_SECONDS)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            if self.options.misbehave:
                self.misbehave(connection)
                return
            while True:
                frame = self.read_frame(connection)
                key, version, correlation = struct.unpack_from(">hhi", frame, 0)
                if key == API_VERSIONS:
                    body = api_versions_answer(version)
                elif key in (SASL_HANDSHAKE, SASL_AUTHENTICATE):
                    body = self.login(key, frame, state)
                elif not state["known"]:
                    return
                elif self.options.fatal and key == METADATA:
                    body = fatal_answer(version, self.options.fatal)
                elif self.described is not None:
                    body = metadata_answer(version, self.described)
                else:
                    link = link or socket.create_connection(("127.0.0.1", upstream), MOST_SECONDS)
                    body = self.relay(link, frame)
                    body = self.rewrite(version, body) if key == METADATA else body
                if key == METADATA and self.takes_drop():
                    return
                if key == METADATA:
                    self.ended.wait(self.options.delay)
                if key == METADATA and self.options.corrupt is not None:
                    body = self.spoil(version, body)
                answer = struct.pack(">i", correlation) + body
                connection.sendall(struct.pack(">i", len(answer)) + answer)
        except OSError:
            pass  # one of the two sides is gone, or does not want the other's certificate
        finally:
            for end in [connection] + ([link] if link else []):
                end.close()

    def login(self, key, frame, state):
        _, at = take_string(frame, 8)  # the client's name
        if key == SASL_HANDSHAKE:
            name, _ = take_string(frame, at)
            offered = self.options.mechanisms.split(",")
            known = name in offered
            state["sasl"] = self.mechanism(name) if known else None
            error = 0 if known else UNSUPPORTED_SASL_MECHANISM
            return struct.pack(">hi", error, len(offered)) + b"".join(string(each) for each in offered)
        if state["sasl"] is None:
            return struct.pack(">h", ILLEGAL_SASL_STATE) + string("no handshake") + byte_string(b"")
        (length,) = struct.unpack_from(">i", frame, at)
        try:
            answer, state["known"] = state["sasl"].step(frame[at + 4 : at + 4 + length])
            return struct.pack(">hh", 0, -1) + byte_string(answer)
        except (Refused, KeyError, ValueError, IndexError):
            text = "Authentication failed: invalid credentials"
            if self.options.echo:
                text += " " + self.options.echo
            return struct.pack(">h", SASL_AUTHENTICATION_FAILED) + string(text) + byte_string(b"")

    def misbehave(self, connection):
        how = self.options.misbehave
        if how == "close":
            return
        connection.recv(1)
        if how == "garbage":
            connection.sendall(bytes(random.Random(1).randrange(256) for _ in range(4096)))
        elif how == "oversized":
            connection.sendall(struct.pack(">i", 0x7FFFFFF0) + b"\0" * 64)
        elif how == "negative":
            connection.sendall(struct.pack(">i", -5) + b"\0" * 64)
        elif how == "truncated":
            connection.sendall(struct.pack(">ii", 100, 1))
        elif how == "silent":
            while connection.recv(65536):
                pass

    def listen(self, listener, upstream):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=self.serve, args=(connection, upstream), daemon=True).start()

    def run(self):
        upstreams = [int(each.rpartition(":")[2]) for each in self.options.upstream.split(",")]
        listeners = {upstream: socket.create_server(("127.0.0.1", 0)) for upstream in upstreams}
        for upstream, listener in listeners.items():
            self.ports[upstream] = listener.getsockname()[1]
            threading.Thread(target=self.listen, args=(listener, upstream), daemon=True).start()
        with open(self.options.port_file + ".new", "w") as file:
            file.write(",".join("127.0.0.1:%d" % self.ports[upstream] for upstream in upstreams))
        os.rename(self.options.port_file + ".new", self.options.port_file)
        self.ended.wait(MOST_SECONDS)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port-file", required=True)
    parser.add_argument("--upstream", default="127.0.0.1:1", help="brokers to relay to, host:port,...")
    parser.add_argument("--security", default="PLAINTEXT", choices=["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])
    parser.add_argument("--certificate", help="PEM of the server")
    parser.add_argument("--key", help="PEM of its key")
    parser.add_argument("--client-ca", help="clients must have a certificate of this authority")
    parser.add_argument("--user", action="append", default=[], help="name:password")
    parser.add_argument("--mechanisms", default="PLAIN,SCRAM-SHA-256,SCRAM-SHA-512")
    parser.add_argument("--metadata", help="JSON file with brokers and topics to tell in place of the upstream's")
    parser.add_argument("--corrupt", type=int, help="spoil Metadata answers, with this seed")
    parser.add_argument("--fatal", choices=["abort", "fault"], help="answer Metadata with what ends the client")
    parser.add_argument("--drop", type=int, default=0, help="close the connection at so many Metadata requests")
    parser.add_argument("--delay", type=float, default=0, help="seconds before each Metadata answer")
    parser.add_argument("--echo", help="said in every refusal")
    parser.add_argument("--misbehave", choices=["silent", "close", "garbage", "oversized", "negative", "truncated"])
    Peer(parser.parse_args()).run()


if __name__ == "__main__":
    main()
