"""Makes gevent 0.13's core, which is written for Python 2, acceptable to a current Cython and
Python 3: `python adapt.py FOLDER`, a folder with an unpacked copy of gevent. Each rule must find
something to change, so that another version of gevent is noticed.
"""

import pathlib
import re
import sys

# What to look for, and what it becomes; in core.pyx and the files that it includes.
RULES = [
    # Cython mangles names with two underscores as Python does, per class of a hierarchy.
    (r"\b__obj\b", "c_obj"),
    # Python 3 has no exception that stays set.
    (r"\bsys\.exc_clear\(\)", "pass"),
    # The exception of a thread is not where it was in Python 2.
    (r"(def set_exc_info\(object type, object value\):\n)(?:    .*\n)+", r"\1    pass\n"),
    # Bodies may be bytes, too.
    (r"isinstance\(buf, str\)", "isinstance(buf, (str, bytes))"),
    # A char * becomes a str of itself.
    (r"<str>address\b", "address"),
]

# Is put before the C code that Cython writes.
COMPAT = """\
#define PyString_FromStringAndSize PyBytes_FromStringAndSize
#define PyString_FromString PyUnicode_FromString
"""


def main():
    folder = pathlib.Path(sys.argv[1])
    files = [folder / "core.pyx", *folder.glob("*.pxi")]
    texts = {file: file.read_text() for file in files}
    for pattern, replacement in RULES:
        count = 0
        for file, text in texts.items():
            texts[file], found = re.subn(pattern, replacement, text)
            count += found
        if count == 0:
            sys.exit(f"adapt.py: nothing to change by the rule {pattern}")
    for file, text in texts.items():
        file.write_text(text)
    (folder / "compat.h").write_text(COMPAT)


if __name__ == "__main__":
    main()
