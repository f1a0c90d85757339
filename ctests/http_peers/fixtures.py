"""Feeds gunicorn's published requests to a server: fixtures.py PORT FOLDER TABLE default|strict

FOLDER is tests/requests of gunicorn's sources: NAME.http is what is sent, NAME.py what is meant.
All in valid/ must be accepted, and read as meant; all in invalid/ must be refused; but for those
that TABLE names, which must do what it says.
"""

import pathlib
import random
import sys
import types

from replies import converse, replies_in, request_in


class Settings:
    """Stands for gunicorn's Config: its settings are its own."""

    def set(self, *_):
        pass


def stand_in(name, **names):
    module = types.ModuleType(name)
    vars(module).update(names)
    sys.modules[name] = module
    return module


stand_in("gunicorn")
stand_in("gunicorn.http")
stand_in("gunicorn.config", Config=Settings)
# Every kind of error is an error.
stand_in("gunicorn.http.errors").__getattr__ = lambda name: name


def meaning(file):
    names = {"uri": lambda raw: raw, "cfg": Settings()}
    exec(compile(file.read_bytes(), str(file), "exec"), names)
    request = names["request"]
    return request if isinstance(request, list) else [request]


def data_of(file, is_valid):
    """Line ends are there to be read by people; those that count are written as escapes."""
    text = file.read_bytes().replace(b"\n", b"")
    for escape, byte in ((rb"\r\n", b"\r\n"), (rb"\0", b"\0"), (rb"\n", b"\n"), (rb"\t", b"\t")):
        text = text.replace(escape, byte)
    assert b"\\" not in text, file
    # As gunicorn's own tests read them.
    return text if is_valid else text.decode().encode("latin-1")


def with_host(data):
    """What the strict switch asks of requests of 1.1, and gunicorn does not."""
    if b"\nhost:" in data.lower():
        return data
    return data.replace(b" HTTP/1.1\r\n", b" HTTP/1.1\r\nHost: localhost\r\n")


def pieces_of(data):
    """Ways to say the same."""
    dice = random.Random(data)
    yield [data]
    yield data.splitlines(keepends=True)
    yield [bytes([byte]) for byte in data]
    cuts = sorted(dice.randrange(len(data)) for _ in range(len(data) // 10))
    yield [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)])]


def as_meant(request, left_out, without_body):
    fields = [*request["headers"], *request.get("trailers", [])]
    body = b"" if without_body else request["body"] or b""
    version = tuple(request["version"])
    return request["method"], request["uri"], version, comparable(fields, left_out), body


def as_read(body, left_out):
    method, target, version, fields, rest = request_in(body)
    return method, target, version, comparable(fields, left_out), rest


def comparable(fields, left_out):
    fields = [(name.upper(), value) for name, value in fields]
    return [field for field in fields if field[0] not in left_out]


def complaint(heard, wanted, meant, inserted=()):
    """What is not as it should be; None if all is."""
    replies = replies_in(heard)
    handled = [body for status, body in replies if status == 200]
    refused = not replies or replies[-1][0] >= 400
    if wanted == "refused":
        return None if refused and not handled else f"accepted: {replies}"
    if refused:
        return f"refused: {replies}"
    if wanted == "accepted":
        return None
    words = dict(word.partition("=")[::2] for word in wanted.split(","))
    left_out = {*inserted, *words.get("fields", "").split("+")}
    expected = [as_meant(request, left_out, "nobody" in words) for request in meant]
    read = [as_read(body, left_out) for body in handled]
    return None if read == expected else f"read as {read}, meant was {expected}"


def differences(table, switch):
    """Rows of the table that hold for this switch: name to what is to be expected."""
    lines = [line for line in table.read_text().splitlines() if not line.startswith("#")]
    rows = [line.split("\t") for line in lines[1:]]
    assert all(len(row) == 4 and row[3] for row in rows), "a row without a reason"
    return {name: wanted for name, which, wanted, _ in rows if which in (switch, "any")}


def check(port, file, switch, wanted):
    """What is wrong with one fixture; None if nothing is."""
    kind = file.parent.name
    usual = "read" if kind == "valid" else "refused"
    data = data_of(file, kind == "valid")
    inserted = ()
    if switch == "strict" and data != with_host(data):
        data, inserted = with_host(data), ["HOST"]
    meant = meaning(file.with_suffix(".py"))
    for nth, pieces in enumerate(pieces_of(data)):
        heard = converse(port, pieces)
        wrong = complaint(heard, wanted or usual, meant, inserted)
        if wrong is None and wanted and complaint(heard, usual, meant, inserted) is None:
            wrong = "is listed, and no different"
        if wrong is not None:
            return f"way {nth}: {wrong}"
    return None


def main(port, folder, table, switch):
    listed = differences(pathlib.Path(table), switch)
    files = sorted(pathlib.Path(folder).glob("*/*.http"))
    names = [f"{file.parent.name}/{file.stem}" for file in files]
    failures = [f"{name} ({switch}), {wrong}"[:2000] for name, file in zip(names, files)
                if (wrong := check(int(port), file, switch, listed.get(name)))]
    failures += [f"{name} is listed, and not there" for name in listed.keys() - set(names)]
    if failures or not files:
        sys.exit("\n".join(failures) + f"\n{len(failures)} of {len(files)} fixtures failed")
    print(f"{len(files)} fixtures, {len(listed)} differences")


main(*sys.argv[1:])
