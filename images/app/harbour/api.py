"""The api: bookings as JSON over HTTP.

    GET    /bookings        all bookings, and which store and pod they come from
    POST   /bookings        {"ship": "Ariel", "berth": 3} makes one
    DELETE /bookings/ID     removes one
    GET    /healthz /info /metrics
"""

import json
import os
import platform
import signal
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harbour import settings
from harbour.bookings import FileStore, Invalid

LARGEST_BODY = 64 * 1024
requests: Counter = Counter()


def store() -> FileStore:
    return FileStore(settings.get("bookings_file", "/srv/harbour/bookings.json"))


def identity() -> dict:
    return {"part": "api", "version": settings.get("version", "dev"), "pod": platform.node()}


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self):
        match self.path.split("?")[0]:
            case "/" | "/info":
                self.answer(200, {**identity(), "store": store().describe(), "settings": settings.sources})
            case "/bookings":
                self.answer(200, {**identity(), "store": store().describe(), "bookings": store().all()})
            case "/healthz":
                self.answer(200, {"ok": True})
            case "/metrics":
                lines = ["# TYPE harbour_requests_total counter"]
                lines += [f'harbour_requests_total{{method="{m}",code="{c}"}} {n}' for (m, c), n in sorted(requests.items())]
                self.answer(200, "\n".join(lines) + "\n")
            case path:
                self.answer(404, {"error": f"there is nothing at {path}"})

    def do_POST(self):
        if self.path != "/bookings":
            return self.answer(404, {"error": f"nothing can be posted to {self.path}"})
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            return self.answer(413, {"error": f"at most {LARGEST_BODY} bytes"})
        try:
            self.answer(201, store().add(json.loads(self.rfile.read(length))))
        except json.JSONDecodeError as error:
            self.answer(400, {"error": f"the body is not JSON: {error}"})
        except Invalid as error:
            self.answer(400, {"error": error.message, "field": error.field})

    def do_DELETE(self):
        found = store().remove(self.path.removeprefix("/bookings/"))
        self.answer(200 if found else 404, {"removed": found})

    def answer(self, code: int, body: dict | str):
        text = body if isinstance(body, str) else json.dumps(body) + "\n"
        data = text.encode()
        requests[(self.command, code)] += 1
        self.send_response(code)
        self.send_header("Content-Type", "text/plain" if isinstance(body, str) else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True
        except (OSError, ValueError) as error:
            log("error", path=self.path, error=str(error))
            self.close_connection = True
            self.answer(500, {"error": f"the store cannot be used: {error}"})

    def log_message(self, format, *args):
        path = getattr(self, "path", "")
        if path not in ("/healthz", "/metrics"):
            log("request", method=self.command, path=path, client=self.client_address[0], answer=args[1] if len(args) > 1 else None)


def log(event: str, **fields):
    """One JSON line to standard output."""
    record = {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "event": event, **identity(), **fields}
    print(json.dumps(record), file=sys.stdout, flush=True)


def serve():
    """Serves until SIGTERM, and then a little longer: who was sent here before this pod left the Service still gets an answer."""
    port = int(settings.get("port", "8080"))
    linger = float(settings.get("linger_seconds", "2"))
    server = ThreadingHTTPServer(("", port), Api)

    def leave(_signal, _frame):
        log("leaving", seconds=linger)
        threading.Timer(linger, server.shutdown).start()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    log("ready", port=port, store=store().describe())
    server.serve_forever(poll_interval=0.1)
    log("gone")
