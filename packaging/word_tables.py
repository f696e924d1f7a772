"""Make `sync/words/<language>.tables`: run by hand when the words of a language change.

    python packaging/word_tables.py fr SENTENCES.txt

SENTENCES.txt holds ordinary sentences of the language, one a line, written for the purpose. What is
kept is zstd's entropy tables (RFC 8878, section 5): 130 bytes of statistics, no text. It needs
`pyzstd`, whose `finalize_dict` calls ZDICT_finalizeDictionary; Parvis itself does not.
"""

import random
import sys
from pathlib import Path

import pyzstd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sync.compression import LEVEL
from sync.contribution import Contribution, Mode
from sync.dictionary import form_dictionary

_LAST_OF_TABLES = bytes.fromhex("010000000400000008000000")  # the three first repeat offsets
_LENGTHS = (150, 300, 600, 900)  # bytes of text, as people write


def main(language: str, sentences: Path) -> None:
    """Write the tables of one language."""
    folder = Path(__file__).resolve().parent.parent / "sync" / "words"
    tables = folder / f"{language}.tables"
    tables.unlink(missing_ok=True)
    form_hash = bytes(range(32)).hex()
    content = form_dictionary(
        b"/data/topic\n/data/text",
        form_id="form",
        form_version="1",
        form_hash=form_hash,
        languages=[language],
    )
    lines = sentences.read_text(encoding="utf-8").splitlines()
    chance = random.Random(3)  # noqa: S311
    samples = []
    for _ in range(200):
        text = ""
        for line in chance.sample(lines, 6):
            text = f"{text} {line}".strip()
            if len(text.encode()) >= chance.choice(_LENGTHS):
                break
        fields = (("/data/topic", "a"), ("/data/text", text))
        said = Contribution("form", "1", form_hash, Mode.SELF, language, fields)
        samples.append(said.to_json())
    whole = pyzstd.finalize_dict(
        pyzstd.ZstdDict(content, is_raw=True), samples, len(content) + 4096, LEVEL
    ).dict_content
    end = whole.index(_LAST_OF_TABLES) + len(_LAST_OF_TABLES)
    tables.write_bytes(whole[:end])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
