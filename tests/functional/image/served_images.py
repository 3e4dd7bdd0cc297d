"""What the tests know of the image service that is served to them."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Images:
    url: str
    directory: Path
