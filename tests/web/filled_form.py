"""A form as a browser without scripts would send it: what its fields hold, and what a person changes of them."""

from html.parser import HTMLParser

Attributes = dict[str, str | None]


class _Reader(HTMLParser):
    """Collects the fields of one form that a browser sends."""

    def __init__(self, marked: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.found = False
        self._marked = marked
        self._within = False
        self._writing: str | None = None
        self._choosing: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values: Attributes = dict(attrs)
        if tag == "form" and self._marked in values:
            self._within = self.found = True
        name = values.get("name")
        if not self._within or "disabled" in values:
            return
        if tag == "option" and self._choosing is not None:
            if "selected" in values or self._choosing not in self.fields:
                self.fields[self._choosing] = values.get("value") or ""
        elif name and tag == "textarea":
            self._writing = name
            self.fields[name] = ""
        elif name and tag == "select":
            self._choosing = name
        elif name and tag == "input":
            self._input(name, values)

    def _input(self, name: str, values: Attributes) -> None:
        if values.get("type") in {"radio", "checkbox"} and "checked" not in values:
            return
        self.fields[name] = values.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self._within and self._writing is not None:
            self.fields[self._writing] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._within = False
        elif tag == "textarea":
            self._writing = None
        elif tag == "select":
            self._choosing = None


def fields_of(page: str, marked: str) -> dict[str, str]:
    """The fields of the form that carries an attribute, as they would be sent."""
    reader = _Reader(marked)
    reader.feed(page)
    assert reader.found, f"no form with {marked} in:\n{page[:2000]}"
    return reader.fields
