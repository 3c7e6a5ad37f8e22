"""Reading pages as a browser would, strictly: what is not well-formed is refused."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"br", "hr", "img", "input", "link", "meta"}
LOADED = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src"}


@dataclass
class Page(HTMLParser):
    """A page that was read: its elements with their attributes, its text, what it links to."""

    source: str
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        assert self.source.startswith("<!doctype html>")
        self.feed(self.source)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of each element of a name."""
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def links(self) -> list[str]:
        """What people can follow."""
        return [each["href"] for each in self.all("a")]

    @property
    def anchors(self) -> list[str]:
        """The places of the page that can be linked to."""
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]

    def is_good(self) -> bool:
        """Holds what every page has to hold; says by an assertion what it does not."""
        assert len(self.all("h1")) == len(self.all("main")) == len(self.all("title")) == 1
        assert self.all("html") == [{"lang": "en"}]
        assert all(self.all(landmark) for landmark in ("header", "nav", "footer"))
        assert len(self.anchors) == len(set(self.anchors)), "an id stands twice"
        assert len(self.all("table")) == len(self.all("caption"))
        assert all("scope" in each for each in self.all("th"))
        labelled = {each.get("for") for each in self.all("label")}
        assert all(
            each["id"] in labelled for each in self.all("input") if each.get("type") != "hidden"
        )
        assert not self.all("script") and not self.all("style")
        for tag, attributes in self.elements:
            assert not any(name.startswith("on") or name == "style" for name in attributes)
            if tag in LOADED and attributes.get("rel") not in ("license", "alternate"):
                assert attributes.get(LOADED[tag], "/").startswith("/"), (tag, attributes)
            for name in ("href", "action"):
                address = attributes.get(name, "/")
                assert address.startswith(("/", "#", "?", "http://", "https://")), address
                assert not address.startswith("//"), address
        return True
