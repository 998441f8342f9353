"""Numbers as letters and digits of a fixed width: how keys and endpoint ids carry their merchant."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIGITS = {character: value for value, character in enumerate(_ALPHABET)}

# What a UUID needs.
UUID_WIDTH = 22


def encode(number: int, width: int) -> str:
    """The number in so many digits; what does not fit is cut off at the front."""
    digits: list[str] = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def decode(text: str) -> int:
    """The number that the digits stand for."""
    number = 0
    for character in text:
        number = number * 62 + _DIGITS[character]
    return number
