# out: 200 {"sum": 6}
# out: True
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"sum": sum(map(int, self.path.strip("/").split("+")))}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with urlopen(f"http://127.0.0.1:{server.server_port}/1+2+3", timeout=10) as reply:
        print(reply.status, reply.read().decode())
    server.shutdown()
print(bool(socket.getaddrinfo("127.0.0.1", 80)))
