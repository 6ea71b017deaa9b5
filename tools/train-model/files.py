"""Files that are replaced whole: a reader never sees half of one, and what interrupts the writing leaves the old one."""
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Where to write; what was written there takes the place of `path` at the end, in one move."""
    beside = path.with_name(path.name + ".part")
    yield beside
    beside.replace(path)


def replace_file(path: Path, content: bytes) -> None:
    with replacing(path) as beside:
        beside.write_bytes(content)
