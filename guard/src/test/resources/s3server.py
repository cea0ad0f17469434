"""A stand-in for S3 and for the metadata of an instance. It checks signatures with botocore, the AWS SDK for Python.

Prints its port. Tests set faults with POST /_control and a line "NAME VALUE" as body.
"""
import hashlib
import json
import sys
import threading
import time
from datetime import datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SECRETS = {"AKIDTEST": ("s3cr3t/with+signs", None), "ASIAROLE": ("role-secret", "role+token/==")}
objects = {}
before = {}
control = {"status": "", "slow": "0", "stale": "", "region": "us-east-1", "skew": "0", "hangs": "", "proxied": "0",
           "long": ""}
requests = []
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response_only(status)
        self.send_header("Date", formatdate(time.time() + float(control["skew"]), usegmt=True))
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def error(self, status, code, extra="", **headers):
        self.answer(status, f"<Error><Code>{code}</Code>{extra}</Error>".encode(), **headers)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_POST(self):
        name, _, value = self.body().decode().partition(" ")
        with lock:
            if name == "requests":
                self.answer(200, "\n".join(requests).encode())
                requests.clear()
                return
            control[name] = value
        self.answer(200, control[name].encode())

    def do_PUT(self):
        if self.path == "/latest/api/token":
            self.answer(200, b"session-token")
            return
        self.s3(self.body())

    def do_GET(self):
        if self.path.startswith("/latest/"):
            self.metadata()
        else:
            self.s3(self.body())

    def metadata(self):
        if self.headers.get("X-aws-ec2-metadata-token") != "session-token":
            self.answer(401)
        elif self.path.endswith("/security-credentials/"):
            self.answer(200, b"the-role")
        else:
            expires = (datetime.utcnow() + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%SZ")
            self.answer(200, json.dumps({"Code": "Success", "AccessKeyId": "ASIAROLE", "SecretAccessKey": "role-secret",
                                         "Token": "role+token/==", "Expiration": expires}).encode())

    def s3(self, body):
        with lock:
            requests.append(f"{self.command} {self.path} {self.headers.get('Authorization', '-').split('/')[0]}")
        if self.path.startswith("http://"):
            control["proxied"] = str(int(control["proxied"]) + 1)
        if control["hangs"]:
            while control["hangs"]:
                time.sleep(0.02)
        time.sleep(float(control["slow"]))
        if control["status"]:
            self.error(int(control["status"]), "InternalError" if control["status"] >= "500" else "AccessDenied")
            return
        if control["long"]:
            self.answer(200, b"x" * int(control["long"]))
            return
        problem = self.verify(body)
        if problem:
            return
        path = urlsplit(self.path).path
        with lock:
            if self.command == "PUT":
                before[path] = objects.get(path)
                objects[path] = body
                found = b""
            else:
                found = before.get(path) if control["stale"] else objects.get(path)
        if found is None:
            self.error(404, "NoSuchKey")
        else:
            self.answer(200, found)

    def verify(self, body):
        """Answers and returns True if the request is not signed as it must be."""
        algorithm, _, rest = self.headers.get("Authorization", "").partition(" ")
        fields = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if algorithm != "AWS4-HMAC-SHA256" or set(fields) != {"Credential", "SignedHeaders", "Signature"}:
            self.error(403, "AccessDenied")
            return True
        key, day, region, service, _ = fields["Credential"].split("/")
        if key not in SECRETS or service != "s3":
            self.error(403, "InvalidAccessKeyId")
            return True
        if region != control["region"]:
            self.error(400, "AuthorizationHeaderMalformed", f"<Region>{control['region']}</Region>",
                       x_amz_bucket_region=control["region"])
            return True
        stamp = self.headers["x-amz-date"]
        age = datetime.utcnow() + timedelta(seconds=float(control["skew"])) - datetime.strptime(stamp, "%Y%m%dT%H%M%SZ")
        if abs(age.total_seconds()) > 900:
            self.error(403, "RequestTimeTooSkewed")
            return True
        names = fields["SignedHeaders"].split(";")
        required = {"host", "x-amz-date", "x-amz-content-sha256"} | (
            {"x-amz-security-token"} if SECRETS[key][1] else set())
        hashed = self.headers["x-amz-content-sha256"] == hashlib.sha256(body).hexdigest()
        path = urlsplit(self.path).path
        request = AWSRequest(self.command, f"http://{self.headers['Host']}{path}",
                             {name: self.headers[name] for name in names}, body)
        request.context["timestamp"] = stamp
        auth = S3SigV4Auth(Credentials(key, *SECRETS[key]), service, region)
        signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
        token = not SECRETS[key][1] or self.headers.get("x-amz-security-token") == SECRETS[key][1]
        if not required <= set(names) or not hashed or not token or signature != fields["Signature"]:
            self.error(403, "SignatureDoesNotMatch")
            return True
        return False


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
