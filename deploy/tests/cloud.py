"""An AWS in one process (ministack), with a recorder between it and the functions that it runs.

    test, sam, aws ──▶ front ──▶ ministack ──event──▶ function (the real `bootstrap`)
                                     ▲                    │
                                     └───── recorder ◀────┘   every request that the function makes

Front and recorder tell ministack that what they hand on came to them encrypted, as it has to by the policies that are
deployed. What is sent to ministack itself did not.
"""

import http.client
import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
from botocore.config import Config

USER = {"aws_access_key_id": "AKIAHALVERTEST000001", "aws_secret_access_key": "halver-test-secret"}
ACCOUNT = "000000000000"
REGION = "us-east-1"
# Far longer than anything here takes, for busy machines.
PATIENCE = 60


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait(about, ask):
    """What `ask` gives, once it gives something."""
    end = time.monotonic() + PATIENCE
    while True:
        got = ask()
        if got:
            return got
        if time.monotonic() > end:
            raise AssertionError(f"{about}: not in {PATIENCE} s")
        time.sleep(0.05)


class Request:
    """A request of a function, the status it got, and the ARN of the KMS key that the object is encrypted by."""

    def __init__(self, method, target, headers, status, encrypted_by):
        url = urllib.parse.urlsplit(target)
        self.method, self.headers, self.status, self.encrypted_by = method, headers, status, encrypted_by
        self.path = urllib.parse.unquote(url.path)
        self.query = urllib.parse.parse_qs(url.query, keep_blank_values=True)

    def __repr__(self):
        return f"{self.method} {self.path}{'?' if self.query else ''}{'&'.join(self.query)} {self.status}"


class Recorder:
    """Hands requests on to `port`, their Host as it was, so that signatures stay true; and keeps what was asked."""

    def __init__(self, port):
        self.requests = []
        # Requests whose path ends so are answered 503 instead.
        self.unavailable = ()
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if recorder.unavailable and urllib.parse.unquote(self.path.split("?")[0]).endswith(recorder.unavailable):
                    return self.answer(503, [("Content-Length", "0")], b"")
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
                connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    connection.putheader(name, value)
                connection.putheader("X-Forwarded-Proto", "https")
                connection.endheaders(body)
                response = connection.getresponse()
                got = response.read()
                headers = [(n, v) for n, v in response.getheaders() if n.lower() not in ("transfer-encoding", "connection")]
                if response.getheader("Content-Length") is None:
                    headers.append(("Content-Length", str(len(got))))
                connection.close()
                self.answer(response.status, headers, got)

            def answer(self, status, headers, body):
                given = {name.lower(): value for name, value in self.headers.items()}
                told = {name.lower(): value for name, value in headers}
                encrypted_by = told.get("x-amz-server-side-encryption-aws-kms-key-id")
                recorder.requests.append(Request(self.command, self.path, given, status, encrypted_by))
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body if self.command != "HEAD" else b"")

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_OPTIONS = pass_on

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        # Functions still ask when ministack has ended. Whatever else goes wrong here, a test misses.
        self.server.handle_error = lambda *_: None
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Cloud:
    """A running ministack that asks what each role may do."""

    def __init__(self, folder):
        self.port = free_port()
        self.plain_url = f"http://127.0.0.1:{self.port}"
        self.recorder, self.front = Recorder(self.port), Recorder(self.port)
        self.url = self.front.url
        folder = Path(folder)
        environment = {
            "PATH": os.environ["PATH"],
            # Without it ministack listens on all addresses of the machine.
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": USER["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": USER["aws_secret_access_key"],
            # Functions are told of this address; else they would call AWS itself.
            "AWS_ENDPOINT_URL": self.recorder.url,
            "MINISTACK_HOST": "127.0.0.1",
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "S3_DATA_DIR": str(folder / "s3"),
        }
        self.log = open(folder / "ministack.log", "wb")
        program = Path(sys.executable).with_name("ministack")
        self.process = subprocess.Popen([program], cwd=folder, env=environment, stdout=self.log, stderr=self.log)
        wait("ministack listens", self.listens)

    def listens(self):
        if self.process.poll() is not None:
            raise AssertionError(f"ministack ended: {Path(self.log.name).read_text()[-2000:]}")
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", self.port)) == 0

    def close(self):
        self.process.kill()
        self.process.wait()
        self.log.close()
        self.recorder.close()
        self.front.close()

    def client(self, service, **changed):
        settings = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        asked = {"region_name": REGION, "endpoint_url": self.url, "config": settings, **USER, **changed}
        return boto3.client(service, **asked)

    def put_program(self, bootstrap):
        """Puts the function's zip where the template looks for it; its parameters."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket="programs")
        s3.put_object(Bucket="programs", Key="halver.zip", Body=packed(bootstrap))
        return {"CodeBucket": "programs", "CodeKey": "halver.zip", "Architecture": machine()}

    def deploy(self, name, template, **parameters):
        """Makes the stack `name`; its outputs."""
        formation = self.client("cloudformation")
        formation.create_stack(
            StackName=name,
            TemplateBody=template,
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        )

        def settled():
            [stack] = formation.describe_stacks(StackName=name)["Stacks"]
            return stack if not stack["StackStatus"].endswith("IN_PROGRESS") else None

        stack = wait(f"the stack {name}", settled)
        if stack["StackStatus"] != "CREATE_COMPLETE":
            events = formation.describe_stack_events(StackName=name)["StackEvents"]
            reasons = [f"{e['LogicalResourceId']}: {e['ResourceStatusReason']}" for e in events if e.get("ResourceStatusReason")]
            raise AssertionError(f"{name}: {stack['StackStatus']}: {'; '.join(reasons)}")
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def packed(bootstrap):
    """The zip of the function."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o100755 << 16
        archive.writestr(entry, Path(bootstrap).read_bytes())
    return whole.getvalue()


def machine():
    """This machine's processor, as AWS calls it."""
    return "arm64" if os.uname().machine == "aarch64" else "x86_64"
