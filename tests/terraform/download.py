"""Runs the download of a machine's user data against a metadata service and an S3 that checks AWS
signatures (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html), as
Debian's own curl makes them. Called by tests/terraform/check with the script as its argument."""

import hashlib
import hmac
import http.server
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

ROLE = {
    "AccessKeyId": "ASIAEXAMPLEEXAMPLE12",
    "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "Token": "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3Qt+/==",
}
OBJECT = b"a package"
paths = []


def signature_holds(request):
    """Whether it is what the role's secret makes of the request as it came."""
    given = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=(\w+)",
        request.headers["Authorization"])
    key_id, date, region, service, _ = given[1].split("/")
    if key_id != ROLE["AccessKeyId"] or request.headers["x-amz-security-token"] != ROLE["Token"]:
        return False
    names = given[2].split(";")
    canonical = "\n".join(
        ["GET", request.path, ""] + [f"{name}:{request.headers[name]}" for name in names] +
        ["", given[2], request.headers["x-amz-content-sha256"]])
    text = "\n".join(
        ["AWS4-HMAC-SHA256", request.headers["x-amz-date"], given[1].split("/", 1)[1],
         hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + ROLE["SecretAccessKey"]).encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest() == given[3]


class Aws(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self):
        self.answer(200, b"imds-token")

    def do_GET(self):
        if not self.path.startswith("/latest/"):
            paths.append(self.path)
            self.answer(*((200, OBJECT) if signature_holds(self) else (403, b"no")))
        elif self.headers["X-aws-ec2-metadata-token"] != "imds-token":
            self.answer(401, b"no")
        else:
            self.answer(200, b"a-role" if self.path.endswith("/") else json.dumps(ROLE, indent=2).encode())


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Aws)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = f"http://127.0.0.1:{server.server_port}"
    text = pathlib.Path(sys.argv[1]).read_text()
    functions = text[text.index("imds_token=$("):text.index("download=$(mktemp")]
    functions = re.sub(r"http://169\.254\.169\.254|https://s3\.[a-z0-9.-]+", here, functions)
    with tempfile.TemporaryDirectory() as folder:
        def fetch(sha256, name):
            script = f"set -euo pipefail\n{functions}\nfetch packages a/ocibench.deb {sha256} {folder}/{name}\n"
            return subprocess.run(["bash", "-c", script], capture_output=True, text=True)

        good = fetch(hashlib.sha256(OBJECT).hexdigest(), "good")
        assert good.returncode == 0, good.stderr
        assert pathlib.Path(folder, "good").read_bytes() == OBJECT
        assert paths == ["/packages/a/ocibench.deb"], paths
        assert fetch("0" * 64, "other").returncode != 0, "a package with another hash was taken"
        for said in (good.stdout, good.stderr):
            assert ROLE["SecretAccessKey"] not in said
    print("downloaded with a signature that holds")


main()
