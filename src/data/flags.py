"""Yes and no, in the words of six languages and of the programs that write exports."""

import unicodedata

from src.data.quoting import quote_text

# fmt: off
YES_WORDS = frozenset((
    "yes", "y", "si", "s", "oui", "o", "ja", "j", "sim", "ok", "on", "true", "t", "verdadero", "v", "vrai",
    "wahr", "w", "vero", "verdadeiro", "1", "1.0", "1,0", "x", "✓", "✔", "☑", "☒", "checked", "ticked",
    "marcado", "marcada", "selected", "enabled", "active", "activo", "activa", "aktiv", "actif", "attivo",
    "ativo", "acepto", "acepta", "consiento", "accepted", "accept", "aceptado", "aceptada", "agree", "agreed",
    "granted", "given", "accepte", "d'accord", "akzeptiert", "zugestimmt", "einverstanden", "angehakt",
    "accetto", "accettato", "aceito", "concordo", "coche", "cochee", "spuntato", "opt-in", "optin",
    "subscribed", "suscrito", "suscrita", "abonniert", "inscrit", "iscritto", "inscrito", "j'accepte",
    "si acepto", "si, acepto", "de acuerdo", "i accept", "i agree", "opt in", "opted in",
))
"""Words that mean yes, without accents and in small letters."""

NO_WORDS = frozenset((
    "no", "n", "not", "non", "nein", "nao", "false", "f", "falso", "falsch", "faux", "0", "0.0", "0,0", "off",
    "unchecked", "unticked", "disabled", "inactive", "inactivo", "inactiva", "inaktiv", "inactif", "inattivo",
    "inativo", "☐", "✗", "✘", "rechazo", "rechazado", "rechazada", "rejected", "declined", "denied", "refused",
    "refuse", "disagree", "abgelehnt", "recuso", "rifiuto", "decoche", "opt-out", "optout", "unsubscribed",
    "abgemeldet", "desinscrit", "not checked", "no marcado", "no marcada", "no acepto", "no acepta",
    "no, no acepto", "no aceptado", "no aceptada", "no consiento", "not accepted", "i do not agree",
    "nicht akzeptiert", "nicht zugestimmt", "non accetto", "nao aceito", "non coche", "nicht angehakt",
    "opt out", "opted out",
))
"""Words that mean no, in the same form."""
# fmt: on


def fold_word(text: str) -> str:
    """Return a word without accents, capitals, double blanks and a full stop at its end.

    >>> fold_word(" Sí. "), fold_word("NÃO"), fold_word("Opt-In")
    ('si', 'nao', 'opt-in')
    """
    plain = unicodedata.normalize("NFKD", text)
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(bare.lower().split()).rstrip(".!")


def read_flag(text: str) -> float | None:
    """Return 1 for yes, 0 for no, nothing for anything else.

    >>> read_flag("Sí"), read_flag("FALSCH"), read_flag("quizá")
    (1.0, 0.0, None)
    """
    word = fold_word(text)
    return 1.0 if word in YES_WORDS else 0.0 if word in NO_WORDS else None


def parse_flag(text: str, yes: list[str], no: list[str]) -> str:
    """Return SQL for ``yes``, ``no`` or NULL; a source's own words `yes` and `no` come first."""
    folded = f"rtrim(trim(regexp_replace(lower(strip_accents({text})), '\\s+', ' ', 'g')), '.!')"
    own_yes, own_no = {fold_word(word) for word in yes}, {fold_word(word) for word in no}
    yes_words, no_words = own_yes | (YES_WORDS - own_no), own_no | (NO_WORDS - own_yes)
    words = {"yes": yes_words, "no": no_words}
    cases = " ".join(f"WHEN list_contains([{list_words(words[answer])}], {folded}) THEN '{answer}'" for answer in words)
    return f"CASE {cases} END"


def list_words(words: set[str] | frozenset[str]) -> str:
    return ", ".join(map(quote_text, sorted(words)))
