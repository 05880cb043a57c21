"""Shortens reports in the output of a program, for a picture."""

import json


def lines_of(value, path=(), depth=0):
    """The lines of a value as `json.dumps` with an indent of 2 prints it, each with its path."""
    if not isinstance(value, (dict, list)) or not value:
        return [(path, json.dumps(value, ensure_ascii=False))]
    is_object = isinstance(value, dict)
    items = list(value.items() if is_object else enumerate(value))
    begin, end = "{}" if is_object else "[]"
    lines = [(path, begin)]
    for at, (name, item) in enumerate(items):
        (first_path, first), *rest = lines_of(item, (*path, str(name)), depth + 1)
        key = f"{json.dumps(name)}: " if is_object else ""
        part = [(first_path, "  " * (depth + 1) + key + first), *rest]
        if at + 1 < len(items):
            part[-1] = (part[-1][0], part[-1][1] + ",")
        lines += part
    return [*lines, (path, "  " * depth + end)]


def is_kept(path, kept):
    """Whether a path is kept, or something below it is."""
    paths = [each.split(".") for each in kept]
    return any(all(want in ("*", have) for want, have in zip(each, path))
               and len(path) <= len(each) for each in paths)


def shortened(report, kept):
    """The lines of a report that are kept, with an ellipsis wherever some are left out."""
    lines = []
    for path, line in lines_of(report):
        if is_kept(path, kept):
            lines.append(line)
        elif not lines or lines[-1].strip() != "…":
            lines.append(" " * (len(line) - len(line.lstrip(" "))) + "…")
    return lines


def reports_shortened(output, kept):
    """Yields the lines of an output, each with whether it is a report's. Of a report only the paths
    in `kept` are left, in which `*` stands for any number of an item."""
    rest = output
    while rest:
        if rest.startswith("{"):
            report, end = json.JSONDecoder().raw_decode(rest)
            lines = shortened(report, kept) if "status" in report else rest[:end].split("\n")
            yield from ((line, True) for line in lines)
            rest = rest[end:].lstrip("\n")
            continue
        line, _, rest = rest.partition("\n")
        yield line, False
