"""Adds resource types to MiniStack's CloudFormation, and changes those that it has."""

from ministack.services.cloudformation import provisioners

HANDLERS = provisioners._RESOURCE_HANDLERS


def add(kind, create, delete, update=None):
    """Adds a type. `create` and `update` return the physical id and the attributes; without an
    `update` each change is a replacement."""
    handlers = {"create": create, "delete": delete}
    if update:
        handlers["update"] = update
    HANDLERS[kind] = handlers


def more_attributes(kind, attributes):
    """Adds the attributes that `attributes` returns for a resource's id and properties."""
    handlers = HANDLERS[kind]
    create, update = handlers["create"], handlers.get("update")

    def created(logical_id, properties, stack_name):
        physical_id, found = create(logical_id, properties, stack_name)
        return physical_id, {**found, **attributes(physical_id, properties)}

    def updated(physical_id, old, new, *rest):
        physical_id, found = update(physical_id, old, new, *rest)
        return physical_id, {**found, **attributes(physical_id, new)}

    handlers["create"] = created
    if update:
        handlers["update"] = updated


def checked(kind, check):
    """Calls `check` with a resource's properties before it is made or changed."""
    handlers = HANDLERS[kind]
    create, update = handlers["create"], handlers.get("update")

    def created(logical_id, properties, stack_name):
        check(properties)
        return create(logical_id, properties, stack_name)

    def updated(physical_id, old, new, *rest):
        check(new)
        return update(physical_id, old, new, *rest)

    handlers["create"] = created
    if update:
        handlers["update"] = updated
