"""Whether a form asks who somebody is: then nobody may be told that their name is not noted.

What an author keeps apart (`parvis:apart`) is identity, and so is what a question plainly asks
for: a name, an address, a telephone number, a signature. In doubt a form does ask: what is wrongly
left unsaid harms nobody, what is wrongly promised does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from forms.methods import apart
from forms.xform.controls import Kind, Question, questions_of
from forms.xform.form import Form
from forms.xform.texts import Wording

_APPEARANCES = frozenset({"email", "signature", "masked"})
_TELLING = frozenset(
    {Kind.TEXT, Kind.INTEGER, Kind.DATE, Kind.BARCODE, Kind.GEOPOINT, Kind.IMAGE, Kind.FILE}
)
# Words, and beginnings of words, without accents.
_WORDS = frozenset(
    {
        *("nom", "noms", "tel", "mel", "name", "names", "nombre", "nombres", "nome", "nomes"),
        *("ad", "adi", "adin", "adiniz", "isim", "isminiz"),
    }
)
_BEGINNINGS = (
    *("prenom", "patronyme", "signature", "courriel", "mail", "email", "telephone", "adresse"),
    *("identite", "coordonnee", "naissance", "joindre", "contact"),
    *("surname", "firstname", "lastname", "fullname", "username", "phone", "address", "identity"),
    *("birth", "apellido", "correo", "direccion", "telefono", "movil", "identidad", "nacimiento"),
    *("apelido", "sobrenome", "correio", "morada", "telemovel", "telefone", "endereco"),
    *("nascimento", "soyad", "eposta", "telefon", "adres", "kimlik", "imza", "dogum"),
    *("vorname", "nachname", "anschrift"),
)
_PIECES = (
    *("ім'я", "ім’я", "імя", "прізвищ", "телефон", "адрес", "пошт", "підпис", "имя", "фамили"),
    *("اسم", "لقب", "هاتف", "عنوان", "بريد", "توقيع", "جوال"),
    *("姓名", "名字", "姓", "电话", "手机", "邮箱", "地址", "签名", "联系方式", "身份"),
)


def asks_identity(form: Form) -> bool:
    """Whether anything in the form may tell who the person is."""
    if apart.places(form):
        return True
    return any(_is_identity(form, question) for question in questions_of(form.body))


def _is_identity(form: Form, question: Question) -> bool:
    if question.kind not in _TELLING:
        return False
    if _APPEARANCES & question.appearance:
        return True
    return any(map(_names_it, (question.field.name, *_said(form, question.label))))


def _said(form: Form, wording: Wording) -> Iterator[str]:
    """A wording in all languages, what is computed left out."""
    for template in (wording.inline, *form.texts.versions(wording.key)):
        yield " ".join(piece for piece in template if isinstance(piece, str))


def _names_it(text: str) -> bool:
    said = text.casefold()
    plain = "".join(
        sign
        for sign in unicodedata.normalize("NFKD", said.replace("ı", "i"))
        if not unicodedata.combining(sign)
    )
    words = re.findall(r"[^\W\d_]+", plain.replace("e-mail", "email").replace("e-posta", "eposta"))
    return any(word in _WORDS or word.startswith(_BEGINNINGS) for word in words) or any(
        piece in said for piece in _PIECES
    )
