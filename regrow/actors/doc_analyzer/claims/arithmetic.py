"""Stated arithmetic: sums and products in sentences, totals of tables, shares in per cent. Pure.

Only what is written out whole is checked: numbers on both sides. What could be meant otherwise (another base, a remainder,
rounding that is said) is left alone, and so is code: `1 + 1 = 3` in a program is no statement of its author's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation

from regrow.actors.doc_analyzer.blocks import Block, BlockKind, Document
from regrow.protocols.plan import Claim, ClaimKind, DocRef

__all__ = ["arithmetic_in"]

LIMIT_CLAIMS = 200
LIMIT_OPERANDS = 50
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?"
_OPERATOR = r"\+|-|−|–|\*|×|/|÷"
_EQUATION = re.compile(
    rf"(?<![\w.,^()\[\]=<>!+*/%$-])(?<![\w)\]] [-+*/×÷=])(?P<left>(?:{_NUMBER})(?:\s+(?:{_OPERATOR})\s+(?:{_NUMBER}))+)\s*="
    rf"\s*(?P<right>-?(?:{_NUMBER}))(?!\s*(?:{_OPERATOR}|\^|[(\[]|=)\s*[\w(])(?![\w%^(\[]|[.,]\d|\s*\()"
)
_TIGHT = re.compile(
    r"(?<![\w.,^()\[\]=<>!+*/%$`'\"-])(?P<left>\d+(?:\.\d+)?(?:[+*×]\d+(?:\.\d+)?)+)=(?P<right>\d+(?:\.\d+)?)(?![\w.,%^(=+*`'\"-])"
)
_SHARE = re.compile(
    rf"(?<![\w.,/-])(?P<part>{_NUMBER})\s+(?:out of|of)(?: the)?\s+(?P<whole>{_NUMBER})(?:\s+[a-z-]+){{0,2}}\s*"
    rf"\(\s*(?P<share>\d+(?:\.\d+)?)\s*%\s*\)"
)
_PERCENT = re.compile(
    rf"(?<![\w.,-])(?P<share>\d+(?:\.\d+)?)\s?%\s+of\s+(?P<whole>{_NUMBER})\s+(?:is|=|equals)\s+(?P<part>{_NUMBER})(?![\w.,]\d|\w|\s?%)"
)
_OTHERWISE = re.compile(
    r"(?i)\b(?:binary|hexadecimal|hex|octal|base|modulo|mod|xor|bitwise|overflow\w*|saturat\w*|clock|floating|float|"
    r"round\w*|truncat\w*|integer division|floor|wrong\w*|incorrect\w*|mistake\w*|false|not|isn't|error|instead|concat\w*|"
    r"strings?|approx\w*|about|roughly|weights?|scores?|vectors?|sets?|joke|"
    r"precedence|left to right|tropical|lie|big brother|orwell)\b|≠|≈|!=|~"
)
_TOTAL = re.compile(r"(?i)^(?:grand |sub-?)?(?:total|sum|totals|sum total|overall total|all together|altogether)s?:?$")
_PART_OF_IT = re.compile(
    r"(?i)\b(?:of which|including|included|thereof|incl\.?|sub-?total|average|mean|median|max|min|total)\b"
)


def arithmetic_in(documents: Sequence[Document]) -> tuple[Claim, ...]:
    """Each equation, share and total that the documents state."""
    found: dict[tuple[str, int, str], Claim] = {}
    for document in documents:
        for block in document.blocks:
            if block.kind is BlockKind.TEXT:
                for each in _in_text(block):
                    found.setdefault((each.ref.file, each.ref.line, each.text), each)
        for each in _totals(document.blocks):
            found.setdefault((each.ref.file, each.ref.line, each.text), each)
    return tuple(found.values())[:LIMIT_CLAIMS]


def _in_text(block: Block) -> Iterator[Claim]:
    text = block.text
    # A code span in a sentence is what a program says, or a program: `"1" + "1" = 11`.
    for code in block.inline:
        if not re.fullmatch(r"[\d\s.,+*/×÷−=–-]+", code.text):
            text = text.replace(code.text, " ", 1)
    for pattern in (_EQUATION, _TIGHT):
        for match in pattern.finditer(text):
            if _OTHERWISE.search(_around(text, match.start(), match.end())):
                continue
            value = _value(match["left"])
            if value is not None:
                yield _claim(block, match.group(), match["right"], value, _agree(value, match["right"]))
    for match in _SHARE.finditer(text):
        whole, part = _number(match["whole"]), _number(match["part"])
        if whole and not _OTHERWISE.search(_around(text, match.start(), match.end())):
            yield _share(block, match.group(), match["share"], 100 * part / whole)
    for match in _PERCENT.finditer(text):
        value = _number(match["share"]) * _number(match["whole"]) / 100
        if not _OTHERWISE.search(_around(text, match.start(), match.end())):
            yield _claim(block, match.group(), match["part"], value, _agree(value, match["part"]))


def _around(text: str, start: int, end: int) -> str:
    return text[max(0, start - 120) : end + 80]


def _claim(block: Block, text: str, stated: str, value: Decimal, holds: bool, confidence: float = 0.95) -> Claim:
    ref = DocRef(file=block.file, line=block.line, end_line=block.end_line, text=block.text[:500])
    return Claim(
        kind=ClaimKind.ARITHMETIC,
        text=text.strip(),
        stated=stated,
        known=_shown(value),
        holds=holds,
        ref=ref,
        confidence=confidence,
    )


def _share(block: Block, text: str, stated: str, value: Decimal) -> Claim:
    """A share may be rounded either way: it is wrong when it is off by more than one of its last digit."""
    digits = len(stated.partition(".")[2])
    holds = abs(value - Decimal(stated)) <= Decimal(1).scaleb(-digits)
    return _claim(block, text, stated, round(value, digits + 1), holds)


def _shown(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("−", "-"))


def _value(expression: str) -> Decimal | None:
    """The value of a chain of numbers: products before sums. None for a division by zero, or too many operands."""
    parts = re.findall(rf"{_NUMBER}|{_OPERATOR}", expression)
    if len(parts) > 2 * LIMIT_OPERANDS or len(parts) % 2 == 0:
        return None
    terms, sign = [_number(parts[0])], 1
    try:
        for operator, text in zip(parts[1::2], parts[2::2], strict=True):
            match operator:
                case "*" | "×":
                    terms[-1] *= _number(text)
                case "/" | "÷":
                    terms[-1] /= _number(text)
                case _:
                    sign = 1 if operator == "+" else -1
                    terms.append(sign * _number(text))
    except (InvalidOperation, ZeroDivisionError):
        return None
    return sum(terms, Decimal(0))


def _agree(value: Decimal, stated: str) -> bool:
    """Whether the stated number is the value, as exactly as it is written; or what binary floating point makes of it."""
    number = _number(stated)
    digits = len(stated.partition(".")[2])
    return abs(value - number) <= Decimal("0.51").scaleb(-digits) if digits or value % 1 else value == number


def _totals(blocks: Sequence[Block]) -> Iterator[Claim]:
    for table in _tables(blocks):
        last = table[-1]
        if (
            len(table) < 4
            or not _TOTAL.match(last[0].text.strip())
            or any(_PART_OF_IT.search(row[0].text) for row in table[1:-1])
        ):
            continue
        for column in range(1, len(last)):
            cells = [row[column].text.strip() if column < len(row) else "" for row in table[1:]]
            if all(re.fullmatch(r"-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?", cell) for cell in cells):
                value = sum((_number(cell) for cell in cells[:-1]), Decimal(0))
                digits = max(len(cell.partition(".")[2]) for cell in cells)
                close = Decimal("0.5").scaleb(-digits) * len(cells) if digits else Decimal(0)
                text = f"{' + '.join(cells[:-1])} = {cells[-1]}"
                holds = abs(value - _number(cells[-1])) <= close
                yield _claim(last[column], text, cells[-1], value, holds, 0.95 if _adds_up(table[0], column) else 0.6)


def _adds_up(head: Sequence[Block], column: int) -> bool:
    """Whether a column is of things that are counted: the total of a speed or a ratio is none."""
    title = head[column].text if column < len(head) else ""
    return not re.search(
        r"(?i)\b(?:avg|average|mean|ratio|speed|rate|per|score|rank|median|version|year|max\w*|min\w*|x)\b|/|%", title
    )


def _tables(blocks: Sequence[Block]) -> Iterator[list[list[Block]]]:
    """Blocks that stand beside one another on a line are a row; rows of one width on lines that follow are a table."""
    rows: list[list[Block]] = []
    for row in _rows(blocks):
        if rows and (len(row) != len(rows[0]) or row[0].line - rows[-1][0].line > 2):
            yield rows
            rows = []
        if len(row) > 1:
            rows.append(row)
    if rows:
        yield rows


def _rows(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    row: list[Block] = []
    for block in blocks:
        if row and (block.kind is not BlockKind.TEXT or (block.file, block.line) != (row[0].file, row[0].line)):
            yield row
            row = []
        if block.kind is BlockKind.TEXT:
            row.append(block)
        else:
            yield [block]
    if row:
        yield row
