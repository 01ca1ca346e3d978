"""Numbers of records as they come from outside: addresses, forms, keys."""

LARGEST_ID = 2**31 - 1  # what every database's key column holds


def row_id(text: object) -> int | None:
    """The number that `text` writes in plain digits, or None when it can be no record's number."""
    if not isinstance(text, str) or not (text.isascii() and text.isdigit()) or len(text) > len(str(LARGEST_ID)):
        return None
    number = int(text)
    return number if number <= LARGEST_ID else None
