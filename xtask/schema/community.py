"""A small community on a fresh server, so that operations find what they ask for."""

import struct
import time
import zlib

import requests

PASSWORD = "nine slow paper boats"


class Person:
    """Somebody with an account; every call must succeed."""

    def __init__(self, base, handle, invitation):
        self.base = base
        self.handle = handle
        self.email = f"{handle}@boats.example"
        session = self.call("POST", "/auth/signup", {
            "email": self.email, "password": PASSWORD, "handle": handle,
            "display_name": handle.title(), "invitation": invitation,
        })
        self.id = session["me"]["id"]
        self.token = session["access_token"]

    def call(self, method, path, body=None):
        headers = {"authorization": f"Bearer {self.token}"} if hasattr(self, "token") else {}
        answer = requests.request(method, self.base + path, json=body, headers=headers, timeout=20)
        if not answer.ok:
            raise SystemExit(f"{method} {path} answered {answer.status_code}: {answer.text}")
        return answer.json() if answer.content else None

    def post(self, path, body=None):
        return self.call("POST", path, body)

    def put(self, path, body=None):
        return self.call("PUT", path, body)

    def picture(self, purpose):
        """The id of an uploaded picture that may be used."""
        data = png(32, 32)
        media = self.post("/media", {"content_type": "image/png", "length": len(data), "purpose": purpose})
        upload = media["upload"]
        answer = requests.put(upload["url"], data=data, headers=upload["headers"], timeout=20)
        answer.raise_for_status()
        self.post(f"/media/{media['id']}/complete")
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            state = self.call("GET", f"/media/{media['id']}")["state"]
            if state == "ready":
                return media["id"]
            time.sleep(0.05)
        raise SystemExit(f"a picture is still {state}")


def log_in(person):
    """Opens one more session and answers its id, to be ended by the test."""
    body = {"email": person.email, "password": PASSWORD}
    token = requests.post(f"{person.base}/auth/login", json=body, timeout=20).json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    sessions = requests.get(f"{person.base}/auth/sessions?limit=100", headers=headers, timeout=20).json()["items"]
    return next(session["id"] for session in sessions if session["current"])


def png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes(v for x in range(width) for v in (x * 8, y * 8, 128)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def settle(base, invitation):
    """Makes people and what they share. Answers owner, member, and the ids of each kind."""
    owner = Person(base, "ana", invitation)
    member, other = (Person(base, handle, owner.post("/auth/invitations", {})["code"]) for handle in ("ben", "cleo"))
    invited = owner.post("/auth/invitations", {"uses": 100})["code"]

    pictures = []
    for person in (owner, member):
        person.put(f"/users/{other.id}/block")
        person.call("DELETE", f"/users/{other.id}/block")
        pictures += [person.picture(purpose) for purpose in ("post", "avatar", "message")]
    for person in (owner, member, other):
        for someone in (owner, member, other):
            if someone is not person:
                person.post("/users/follow", {"user_id": someone.id})

    channels = []
    for person, slug in ((owner, "harbour"), (member, "garden")):
        for visibility in ("open", "private"):
            made = person.post("/channels", {"slug": f"{slug}-{visibility}", "name": slug, "visibility": visibility})
            channels += [made["id"], made["slug"]]
    other.put(f"/channels/{channels[0]}/membership")
    owner.put(f"/channels/{channels[2]}/invitations/{member.id}")

    posts, doomed = [], []
    for person in (owner, member, other):
        for channel in (None, channels[0]):
            if channel and person is member:
                person.put(f"/channels/{channel}/membership")
            for kept in (posts, doomed):
                kept.append(person.post("/posts", {"body": "The boats are in.", "channel_id": channel})["id"])
            owner.put(f"/posts/{posts[-1]}/like")
    posts.append(owner.post("/posts", {"body": "", "media": [{"media_id": owner.picture("post"), "alt": "A"}]})["id"])
    comments = [
        person.post(f"/posts/{posts[0]}/comments", {"body": f"All {number} of them."})["id"]
        for number in range(6) for person in (owner, member)
    ]

    # Messages are tried in one group, which nobody leaves: in `elsewhere` people come and go.
    everyone = [someone.id for someone in (member, other)]
    home = owner.post("/conversations/groups", {"name": "Crew", "member_ids": everyone})["id"]
    owner.put(f"/conversations/{home}/members/{member.id}", {"role": "admin"})
    elsewhere = [owner.post("/conversations", {"user_id": member.id})["id"]]
    elsewhere += [other.post("/conversations", {"user_id": person.id})["id"] for person in (owner, member)]
    for person in (owner, member):
        people = [someone.id for someone in (owner, member, other) if someone is not person]
        elsewhere += [
            person.post("/conversations/groups", {"name": f"Watch {number}", "member_ids": people})["id"]
            for number in range(3)
        ]
    elsewhere.append(owner.put(f"/conversations/channels/{channels[0]}")["id"])
    links = [owner.post(f"/conversations/{conversation}/link", {})["code"] for conversation in elsewhere[3:5]]
    messages = []
    for number in range(12):
        for person in (owner, member):
            path = f"/conversations/{home}/messages"
            body = {"client_id": f"c{number}", "body": f"Slept {number} hours, @ana?"}
            messages.append(person.post(path, body)["id"])
    for message in messages[::2]:
        for person in (owner, member):
            person.put(f"{path}/{message}/reactions/%F0%9F%98%80")
        owner.put(f"{path}/{message}/pin")
    for person in (owner, member):
        person.put(f"/conversations/{home}/draft", {"body": "Perhaps"})
    sessions = {person.handle: [log_in(person) for _ in range(8)] for person in (owner, member)}
    return owner, member, {
        "users": [owner.id, member.id, other.id],
        "handles": ["@ana", "@cleo", owner.id, member.id],
        "channels": channels,
        "channel_ids": channels[::2],
        "posts": posts,
        "doomed": doomed,
        "commented": posts[:1],
        "comments": comments,
        "media": pictures,
        "home": [home],
        "elsewhere": elsewhere,
        "conversations": [home, *elsewhere],
        "messages": messages,
        "emojis": ["😀", "❤️", "👍🏽"],
        "invitations": [invited],
        "links": links,
        "sessions": sessions["ana"] + sessions["ben"],
    }
