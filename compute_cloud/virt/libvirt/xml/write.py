"""Small tools to write XML without ever pasting text into it."""

import re
from xml.etree import ElementTree as ET

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def add(parent: ET.Element, tag: str, text: str | int | None = None, /, **attributes: str | int | None) -> ET.Element:
    """Append an element. Attributes that are None are left out; characters that XML cannot hold are dropped."""
    given = {name: clean(value) for name, value in attributes.items() if value is not None}
    element = ET.SubElement(parent, tag, given)
    if text is not None:
        element.text = clean(text)
    return element


def clean(value: str | int) -> str:
    """Return the text of ``value`` without the characters that no XML document may hold."""
    return _FORBIDDEN.sub("", str(value))
