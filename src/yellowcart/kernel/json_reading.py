"""What can go wrong with JSON that came from outside."""

from typing import Final

import msgspec

JSON_UNREADABLE: Final = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What msgspec raises for bytes or text that are no JSON of the form that was asked for: another syntax or form,
another encoding than UTF-8 (GBK, half a character), and nesting without end. Whoever decodes what somebody outside
sent catches all three."""
