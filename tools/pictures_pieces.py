"""Draws the pieces of a deployment: who calls the two functions, and what these reach."""

from pictures_svg import box, picture, text

WIDTH, HEIGHT = 1030, 440
SIZE, SMALL = 15, 13
# Name: left, top, width, height, lines, class.
BOXES = {
    "watch": (16, 16, 196, 82, ("CloudWatch: logs,", "metrics, alarms,", "dashboard"), "card"),
    "you": (16, 122, 196, 62, ("you, HTTP API,", "Function URL"), "card"),
    "schedule": (16, 208, 196, 62, ("EventBridge", "Scheduler"), "card"),
    "gate": (16, 294, 196, 122, ("CloudFormation,", "CodeDeploy"), "card"),
    "probe": (392, 46, 130, 290, ("probe",), "ours"),
    "users": (392, 356, 130, 56, ("db-users",), "ours"),
    "proxy": (660, 160, 130, 62, ("RDS Proxy",), "card"),
}
VPC = (340, 16, 674, 408)
CYLINDER = (858, 134, 136, 114)
# From, to, height of the line, label.
CALLS = [
    ("probe", "watch", 70, "metrics, logs"),
    ("you", "probe", 153, "event"),
    ("schedule", "probe", 239, "on a schedule"),
    ("gate", "probe", 314, "gate, hook"),
    ("gate", "users", 384, "database users"),
    ("probe", "proxy", 191, "one SELECT"),
]


def block(left, top, width, height, lines, fill):
    """A box with its lines in the middle."""
    ours = fill == "ours"
    drawn = box(left, top, width, height, fill, *(("accent", 6, 2) if ours else ("line",)))
    first = top + height / 2 - (len(lines) - 1) * 10 + 5
    return drawn + [text(left + width / 2, first + 20 * at, content, SIZE, "ink", "middle",
                         "bold" if ours else "normal", room=width - 12)
                    for at, content in enumerate(lines)]


def arrow(points, color="accent"):
    """A line along points, with a head at its end."""
    (x, y), (end_x, end_y) = points[-2:]
    # The head: from its tip back, and to both sides.
    back_x, back_y = [10 * ((b < a) - (b > a)) for a, b in ((x, end_x), (y, end_y))]
    sides = [(end_x + back_x + back_y / 2 * side, end_y + back_y + back_x / 2 * side)
             for side in (1, -1)]
    head = " ".join(f"{x:g},{y:g}" for x, y in [(end_x, end_y), *sides])
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    return [f'<polyline points="{path}" class="{color}" fill="none" stroke="currentColor" '
            'stroke-width="2"/>',
            f'<polygon points="{head}" class="{color}" fill="currentColor"/>']


def call(source, target, height, label):
    """A level arrow between two boxes, its label above it and outside the VPC's border."""
    (left, right) = sorted((BOXES[source], BOXES[target]))
    ends = [(left[0] + left[2] + 2, height), (right[0] - 2, height)]
    drawn = arrow(ends if BOXES[source] == left else ends[::-1])
    begin, end = ends[0][0], ends[1][0]
    end = min(end, VPC[0]) if begin < VPC[0] else end
    return drawn + [text((begin + end) / 2, height - 8, label, SMALL, "note", "middle",
                         room=end - begin - 8)]


def cylinder(left, top, width, height, label):
    """A database."""
    radius, middle = 16, left + width / 2
    wall = height - 2 * radius
    side = f"M{left},{top + radius} v{wall} a{width / 2:g},{radius} 0 0 0 {width},0 v-{wall}"
    lid = f'cx="{middle:g}" cy="{top + radius}" rx="{width / 2:g}" ry="{radius}"'
    border = 'class="line" fill="none" stroke="currentColor"'
    return [f'<path d="{side}" class="card" fill="currentColor"/>',
            f'<path d="{side}" {border}/>',
            f'<ellipse {lid} class="card" fill="currentColor"/>', f"<ellipse {lid} {border}/>",
            text(middle, top + height / 2 + radius, label, SIZE, "ink", "middle", room=width - 12)]


def pieces():
    """The picture."""
    drawn = [*box(0, 0, WIDTH, HEIGHT, "page", "page", 0), *box(*VPC, "board", "edge"),
             text(VPC[0] + VPC[2] - 16, VPC[1] + 26, "your VPC", SIZE, "note", "end")]
    for place in BOXES.values():
        drawn += block(*place)
    drawn += cylinder(*CYLINDER, "database")
    for each in CALLS:
        drawn += call(*each)
    users, proxy = BOXES["users"], BOXES["proxy"]
    level, middle = users[1] + users[3] / 2, proxy[0] + proxy[2] / 2
    start = users[0] + users[2] + 2
    drawn += arrow([(start, level), (middle, level), (middle, proxy[1] + proxy[3] + 2)])
    drawn.append(text((start + middle) / 2, level - 8, "users, grants", SMALL, "note",
                      "middle", room=middle - start - 8))
    level = proxy[1] + proxy[3] / 2
    drawn += arrow([(proxy[0] + proxy[2] + 2, level), (CYLINDER[0] - 2, level)])
    title = ("The pieces: Scheduler, HTTP API, Function URL, CloudFormation and CodeDeploy call the "
             "functions in your VPC, which log in through RDS Proxy to the database; the probe "
             "reports to CloudWatch")
    return picture(WIDTH, HEIGHT, title, drawn)
