"""Runs a command on a machine whose only name server never responds, and reports in JSON how it ended."""

import json
import socket
import subprocess
import sys
import time

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))

begun = time.monotonic()
ended = subprocess.run(sys.argv[1:], capture_output=True, text=True, timeout=25)
seconds = time.monotonic() - begun

questions = 0
server.setblocking(False)
try:
    while server.recv(512):
        questions += 1
except BlockingIOError:
    pass

print(
    json.dumps(
        {
            "status": ended.returncode,
            "stdout": ended.stdout,
            "stderr": ended.stderr,
            "seconds": seconds,
            "questions": questions,
        }
    )
)
