"""Starts a server for each identity, fills it, lets schemathesis loose on it, and counts what held.

Run by `cargo xtask schema`; standard output ends with `N passed, N failed`.
"""

import argparse
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from community import settle

HERE = Path(__file__).parent
START_SECONDS = 60
ROUND_MINUTES = 5
IDENTITIES = ("owner", "member", "nobody")

# Which ids an operation asks for; the first that fits. Names are those of community.py.
PLACES = [
    (r"^/users/\{id\}$", {"path.id": "handles"}),
    (r"^/users/", {"path.id": "users", "body.user_id": "users", "body.avatar_media_id": "media"}),
    (r"^/channels", {"path.id": "channels", "path.user_id": "users"}),
    (r"^/posts/\{id\}$", {"path.id": "doomed"}),
    (r"^/posts/\{id\}/comments/", {"path.id": "commented", "path.comment_id": "comments"}),
    (r"^/posts", {"path.id": "posts", "query.author_id": "users",
                  "body.channel_id": "channel_ids", "body.media[*].media_id": "media"}),
    (r"^/media", {"path.id": "media"}),
    (r"^/auth/invitations", {"path.code": "invitations"}),
    (r"^/auth/sessions", {"path.id": "sessions"}),
    (r"^/auth/signup", {"body.invitation": "invitations"}),
    (r"^/conversations/links", {"body.code": "links"}),
    (r"^/conversations/search", {"query.conversation_id": "conversations"}),
    (r"^/conversations/\{id\}/messages/", {
        "path.id": "home", "path.message_id": "messages", "path.emoji": "emojis",
    }),
    (r"^/conversations/\{id\}/(members/|accept|decline|link)|^/conversations/\{id\}$", {
        "path.id": "elsewhere", "path.user_id": "users", "body.picture_media_id": "media",
    }),
    (r"^/conversations|^/messaging", {
        "path.id": "conversations", "path.channel_id": "channel_ids", "body.user_id": "users",
        "body.reply_to": "messages",
        "body.user_ids[*]": "users", "body.member_ids[*]": "users", "body.images[*].media_id": "media",
        "body.forward_of.conversation_id": "conversations", "body.forward_of.message_id": "messages",
    }),
]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def server(binary, database, folder):
    """A server with an empty database; yields its address and the first invitation."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    settings = {
        "DATA_DIR": str(folder / "data"), "LISTEN": f"127.0.0.1:{port}",
        "ADMIN_LISTEN": f"127.0.0.1:{free_port()}", "PUBLIC_URL": base, "LOG_FILTER": "warn",
        # Cheap passwords, and no limit that a test meets; limits have tests of their own.
        "PASSWORD_HASH_MEMORY_KIB": "8", "DATABASE_SQLITE_FULL_SYNC": "false",
    } | {f"LIMITS_{what}_PER_MINUTE": "100000000" for what in ("READS", "WRITES", "ANONYMOUS", "LOGINS")}
    if database:
        settings["DATABASE_URL"] = database
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VILLAGE_")}
    environment |= {f"VILLAGE_{name}": value for name, value in settings.items()}
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen([binary, "serve"], env=environment, stdout=output, stderr=output, cwd=folder)
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            invitation = re.search(r"/join/(\S+)", log.read_text(errors="replace"))
            if invitation and answers(base):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the server did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.05)
        yield base, invitation[1]
    finally:
        process.terminate()
        process.wait()


def answers(base):
    try:
        return requests.get(f"{base}/auth/registration", timeout=5).ok
    except requests.ConnectionError:
        return False


def toml(value):
    """JSON is TOML for strings, numbers and lists of them."""
    return json.dumps(value, ensure_ascii=False)


def configuration(document, ids, person, base):
    lines = [f"base-url = {toml(base)}", (HERE / "schemathesis.toml").read_text()]
    lines[1] = lines[1].replace('"hooks.py"', toml(str(HERE / "hooks.py")))
    for name, values in ids.items():
        lines.append(f"[dictionaries.{name}]\nvalues = {toml(values)}")
    for path in document["paths"]:
        names = next((names for pattern, names in PLACES if re.search(pattern, path)), {})
        if names:
            lines.append(f"[[operations]]\ninclude-path = {toml(path)}")
            if path == "/auth/sessions/{id}":
                # Only those opened for it; the run's own session, which an answer names, has to last.
                lines += [f"phases.{phase}.extra-data-sources.responses = false" for phase in ("coverage", "fuzzing")]
            probability = 1.0 if path == "/auth/sessions/{id}" else 0.7
            lines.append("[operations.parameters]")
            lines += [
                f"{toml(key)} = {{ dictionary = {toml(kind)}, probability = {probability} }}"
                for key, kind in names.items()
            ]
    if person:
        lines.append(f"[headers]\nAuthorization = {toml('Bearer ' + person.token)}")
    return "\n".join(lines) + "\n"


def attack(identity, database, minutes, arguments):
    """One identity on one server. Answers operations that held, operations that did not, and what to show of them."""
    with tempfile.TemporaryDirectory(prefix="village-schema-") as folder:
        folder = Path(folder)
        with server(arguments.village, database, folder) as (base, invitation):
            owner, member, ids = settle(base, invitation)
            person = {"owner": owner, "member": member, "nobody": None}[identity]
            document = requests.get(f"{base}/openapi.json", timeout=20).json()
            config = folder / "schemathesis.toml"
            config.write_text(configuration(document, ids, person, base))
            results = folder / "results.xml"
            command = [
                str(Path(sys.executable).parent / "st"), f"--config-file={config}", "run", f"{base}/openapi.json",
                "--no-color", "--report-junit-path", str(results), *arguments.st.split(),
            ]
            if minutes:
                command += ["--max-time", str(minutes * 60), "--max-examples", "200"]
            else:
                command += ["--generation-deterministic", "--max-examples", str(arguments.cases)]
                if person is None:
                    # Who may do nothing is refused before anything else is looked at: fewer cases tell as much.
                    command += ["--phases", "coverage"]
            for operation in arguments.operation:
                command += ["--include-operation-id", operation]
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder)
            log = (folder / "server.log").read_text(errors="replace")
        if not results.exists():
            return 0, 1, done.stdout
        cases = list(ElementTree.parse(results).getroot().iter("testcase"))
        broken = [case.get("name") for case in cases if any(child.tag in ("failure", "error") for child in case)]
        failed = len(broken) or int(done.returncode != 0)
        if not failed:
            return len(cases), 0, ""
        starts = [at for at in map(done.stdout.find, ("= ERRORS =", "= FAILURES =")) if at >= 0]
        shown = done.stdout[min(starts, default=0) :].replace(person.token if person else "no token", "$TOKEN")
        names = {f"{method.upper()} {path}": about.get("operationId")
                 for path, item in document["paths"].items() for method, about in item.items()}
        again = [f"cargo xtask schema -- --identity {identity} --operation {names.get(name, name)}" for name in broken]
        log = f"The server's log:\n{log[-2000:]}"
        return len(cases) - len(broken), failed, "\n".join([shown, log, "One alone:", *again, ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--village", required=True, help="the server's program")
    parser.add_argument("--postgres", action="append", default=[], help="URL of an empty database, for the member")
    parser.add_argument("--minutes", type=int, help="new cases for so long; else a bounded, repeatable run")
    parser.add_argument("--cases", type=int, default=15, help="for each operation and kind of case")
    parser.add_argument("--identity", action="append", choices=IDENTITIES)
    parser.add_argument("--operation", action="append", default=[], help="an operationId, to look at one alone")
    parser.add_argument("--st", default="", help="more arguments for `st run`")
    arguments = parser.parse_args()
    passed = failed = 0
    left = arguments.minutes or 0
    while True:
        # A token lasts ten minutes, so a long run has several servers.
        minutes = min(left, ROUND_MINUTES)
        database = arguments.postgres.pop() if arguments.postgres else None
        with ThreadPoolExecutor(max_workers=2) as pool:
            runs = [
                (identity, engine, pool.submit(attack, identity, engine, minutes, arguments))
                for identity in arguments.identity or IDENTITIES
                for engine in [database if identity == "member" else None]
            ]
            for identity, engine, run in runs:
                held, broken, text = run.result()
                passed, failed = passed + held, failed + broken
                name = "PostgreSQL" if engine else "SQLite"
                print(f"{identity} on {name}: {held} operations held, {broken} did not\n{text}", flush=True)
        left -= minutes
        if left <= 0:
            break
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


main()
