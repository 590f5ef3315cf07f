"""A receiver of records in a process of its own: `sink.py http|syslog PORT FILE [CERT KEY]`.

Appends what it received to FILE, makes it durable, and only then acknowledges. Ends after the request under
way when it is told to (SIGTERM). Prints its port once it listens.
"""

import http.server
import json
import os
import signal
import socket
import ssl
import sys
import threading

MODE, PORT, FILE = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def keep(lines):
    with open(FILE, "a", encoding="utf-8") as out:
        out.write("".join(line + "\n" for line in lines))
        out.flush()
        os.fsync(out.fileno())


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/v1/logs":
            (resource,) = body["resourceLogs"]
            (scope,) = resource["scopeLogs"]
            records = []
            for log in scope["logRecords"]:
                record = json.loads(log["body"]["stringValue"])
                uid = [a["value"]["stringValue"] for a in log["attributes"] if a["key"] == "log.record.uid"]
                assert uid == [record["id"]] and log["severityNumber"] in (9, 13)
                assert int(log["timeUnixNano"]) == record["time_ms"] * 10**6
                records.append(record)
        elif self.path == "/v1/traces":
            (resource,) = body["resourceSpans"]
            (scope,) = resource["scopeSpans"]
            records = scope["spans"]
        else:
            assert self.headers["authorization"] == "Bearer s3cret", self.headers
            records = body["records"]
        keep(json.dumps(record) for record in records)
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


def serve_http():
    server = http.server.HTTPServer(("127.0.0.1", PORT), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(server.server_port, flush=True)
    server.serve_forever(poll_interval=0.05)


def frames(data):
    while data:
        length, _, rest = data.partition(b" ")
        frame, data = rest[: int(length)], rest[int(length) :]
        yield frame.decode("utf-8")


def serve_syslog():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[4], sys.argv[5])
    listener = socket.create_server(("127.0.0.1", PORT))
    listener.settimeout(0.05)
    running = True

    def stop(*_):
        nonlocal running
        running = False

    signal.signal(signal.SIGTERM, stop)
    print(listener.getsockname()[1], flush=True)
    while running:
        try:
            plain, _ = listener.accept()
        except TimeoutError:
            continue
        plain.settimeout(10)
        with context.wrap_socket(plain, server_side=True) as stream:
            data = b""
            while chunk := stream.recv(65536):
                data += chunk
            kept = []
            for frame in frames(data):
                head, _, text = frame.partition("\ufeff")
                priority, moment, host, app, process, kind, _ = head.split(" ", 6)
                assert priority in ("<110>1", "<108>1") and (host, app, process) == ("-", "secure-mcp", "-"), head
                assert moment.endswith("Z") and json.loads(text).get("event", kind) == kind
                kept.append(text)
            keep(kept)
            stream.unwrap()


{"http": serve_http, "syslog": serve_syslog}[MODE]()
