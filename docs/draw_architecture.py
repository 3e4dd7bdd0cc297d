"""Draw docs/architecture.svg: the daemons, what they say to one another, and the floors of the code.

Run it after a change: ``python docs/draw_architecture.py``. Plain SVG, no library.
"""

from pathlib import Path

WIDTH, HEIGHT = 980, 640
BOX = '<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="8" fill="{fill}" stroke="#334" stroke-width="1.4"/>'
TEXT = (
    '<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" fill="#223">{text}</text>'
)
LINE = (
    '<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#456" stroke-width="1.6" '
    'marker-end="url(#tip)" marker-start="{start}"/>'
)

BOXES = (
    # x, y, width, height, fill, title, line below
    (30, 30, 190, 46, "#eef", "clients", "openstackclient, SDK, CLI"),
    (30, 130, 190, 60, "#dfe9ff", "api", "REST, microversions, policy"),
    (30, 240, 190, 46, "#eef", "images (embedded)", "Images v2, files in a directory"),
    (310, 130, 170, 130, "#fff4cf", "RabbitMQ", "calls and casts"),
    (570, 60, 190, 60, "#dff5df", "conductor", "answers, flows, claims"),
    (830, 60, 120, 60, "#eee", "MariaDB", "rows of everything"),
    (570, 170, 190, 60, "#dff5df", "scheduler", "filters, weighers, host states"),
    (570, 280, 190, 60, "#ffe3d6", "compute", "tickets, image cache, watch"),
    (830, 280, 120, 60, "#eee", "libvirt / QEMU", "guests"),
)
ARROWS = (
    # x1, y1, x2, y2, both ways
    (125, 76, 125, 130, False),
    (125, 190, 125, 240, True),
    (220, 160, 310, 160, True),
    (480, 145, 570, 95, True),
    (480, 200, 570, 200, True),
    (480, 245, 570, 300, True),
    (760, 90, 830, 90, True),
    (760, 310, 830, 310, True),
    (570, 325, 220, 275, False),
)
FLOORS = (
    ("6", "cmd", "puts one daemon together"),
    ("5", "compute · cli", "a host's work; the command line"),
    ("4", "api · conductor · scheduler · console · virt", "never one another"),
    ("3", "db · clients · rpc", "the ways out"),
    ("2", "objects · lifecycle · context · concurrency", "values and decisions"),
    ("1", "conf · errors", "names"),
)


def text(x: float, y: float, words: str, *, size: int = 13, anchor: str = "middle", weight: str = "normal") -> str:
    return TEXT.format(x=x, y=y, text=words, size=size, anchor=anchor, weight=weight)


def boxes() -> list[str]:
    shapes = []
    for x, y, w, h, fill, title, below in BOXES:
        shapes += [
            BOX.format(x=x, y=y, w=w, h=h, fill=fill),
            text(x + w / 2, y + 20, title, weight="bold"),
            text(x + w / 2, y + 37, below, size=11),
        ]
    return shapes


def arrows() -> list[str]:
    return [
        LINE.format(x1=a, y1=b, x2=c, y2=d, start="url(#tip)" if both else "") for a, b, c, d, both in ARROWS
    ]


def floors() -> list[str]:
    top, height = 400, 34
    shapes = [text(30, top - 14, "The floors: imports only go down", anchor="start", weight="bold")]
    for index, (number, rooms, purpose) in enumerate(FLOORS):
        y = top + index * (height + 3)
        shapes += [
            BOX.format(x=30, y=y, w=920, h=height, fill="#f6f6fb"),
            text(50, y + 22, number, weight="bold"),
            text(80, y + 22, rooms, anchor="start"),
            text(930, y + 22, purpose, anchor="end", size=12),
        ]
    return shapes


def draw() -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">\n'
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path d="M0 0L10 5L0 10z" fill="#456"/></marker></defs>\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n'
    )
    return head + "\n".join([*boxes(), *arrows(), *floors()]) + "\n</svg>\n"


if __name__ == "__main__":
    Path(__file__).with_name("architecture.svg").write_text(draw())
