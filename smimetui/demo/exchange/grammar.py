"""How a request is held against the schema: types, sequences, choices, attributes, in the words .NET uses for breaches.

It knows what the documented types need, not all of XML Schema: a type is a sequence of particles, each an element or
a choice of elements with its bounds; what a child may be is named, so that types may refer to each other.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import field

from smimetui.demo.exchange.markup import Node
from smimetui.model.value import dataclass

Check = Callable[[str], bool]

UNBOUNDED = 1 << 31


class SchemaViolationError(Exception):
    """The request is not what the schema says; with the place where that shows."""

    def __init__(self, violation: str, where: Node) -> None:
        super().__init__(violation)
        self.violation = violation
        self.line = where.line
        self.column = where.column


@dataclass(frozen=True, slots=True, kw_only=True)
class Particle:
    """An element, or a choice of elements, and how often it may stand here."""

    types: Mapping[str, str]
    """Each allowed tag, with the name of its type."""
    least: int = 1
    most: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """What an element may hold. `text` is None where it may hold elements alone."""

    particles: tuple[Particle, ...] = ()
    required: Mapping[str, Check] = field(default_factory=dict)
    optional: Mapping[str, Check] = field(default_factory=dict)
    text: Check | None = None


Schema = Mapping[str, Type]


def one(tag: str, type_name: str) -> Particle:
    """Return a particle for exactly one element."""
    return Particle(types={tag: type_name})


def maybe(tag: str, type_name: str) -> Particle:
    """Return a particle for at most one element."""
    return Particle(types={tag: type_name}, least=0)


def some(types: Mapping[str, str], *, least: int = 1) -> Particle:
    """Return a particle for any number of the elements, `least` of them at the least."""
    return Particle(types=types, least=least, most=UNBOUNDED)


def validate(element: Node, type_name: str, schema: Schema) -> None:
    """Hold the element against a type. Raises SchemaViolationError at the first breach in the document's order."""
    kind = schema[type_name]
    _check_attributes(element, kind)
    if kind.text is not None:
        if element.children:
            raise SchemaViolationError(f"The element {_named(element)} cannot contain child elements.", element)
        if not kind.text(element.text):
            raise SchemaViolationError(
                f"The '{element.namespace}:{element.name}' element is invalid - The value '{element.text[:80]}' is "
                "invalid according to its datatype",
                element,
            )
        return
    if element.text.strip():
        raise SchemaViolationError(
            f"The element {_named(element)} cannot contain text. List of possible elements expected: "
            f"{_expected(kind.particles)}.",
            element,
        )
    _check_children(element, kind, schema)


def _check_attributes(element: Node, kind: Type) -> None:
    for name in kind.required:
        if name not in element.attributes:
            raise SchemaViolationError(f"The required attribute '{name}' is missing.", element)
    for name, value in element.attributes.items():
        check = kind.required.get(name) or kind.optional.get(name)
        if check is None:
            raise SchemaViolationError(f"The '{name}' attribute is not declared.", element)
        if not check(value):
            raise SchemaViolationError(
                f"The '{name}' attribute is invalid - The value '{value[:80]}' is invalid according to its datatype",
                element,
            )


def _check_children(element: Node, kind: Type, schema: Schema) -> None:
    at = 0
    for position, particle in enumerate(kind.particles):
        count = 0
        while at < len(element.children) and count < particle.most:
            child = element.children[at]
            if child.tag not in particle.types:
                break
            validate(child, particle.types[child.tag], schema)
            at, count = at + 1, count + 1
        if count < particle.least:
            expected = _expected(kind.particles[position : position + 1])
            if at < len(element.children):
                raise _unexpected(element, element.children[at], expected)
            raise SchemaViolationError(
                f"The element {_named(element)} has incomplete content. List of possible elements expected: "
                f"{expected}.",
                element,
            )
    if at < len(element.children):
        raise _unexpected(element, element.children[at], "")


def _unexpected(element: Node, child: Node, expected: str) -> SchemaViolationError:
    rest = f" List of possible elements expected: {expected}." if expected else ""
    return SchemaViolationError(
        f"The element {_named(element)} has invalid child element {_named(child)}.{rest}", child
    )


def _named(element: Node) -> str:
    return f"'{element.name}' in namespace '{element.namespace}'"


def _expected(particles: tuple[Particle, ...]) -> str:
    return ", ".join(f"'{tag.rpartition('}')[2]}'" for particle in particles for tag in particle.types)


def anything(_value: str) -> bool:
    """Tell an xs:string: anything is."""
    return True


def not_empty(value: str) -> bool:
    """Tell a string of at least one character."""
    return value != ""


def boolean(value: str) -> bool:
    """Tell an xs:boolean."""
    return value.strip() in {"true", "false", "1", "0"}


def integer(value: str) -> bool:
    """Tell an xs:int."""
    return re.fullmatch(r"\s*[-+]?[0-9]{1,10}\s*", value) is not None


def at_least_one(value: str) -> bool:
    """Tell an xs:int above zero."""
    return integer(value) and int(value) > 0


def not_negative(value: str) -> bool:
    """Tell an xs:int from zero on."""
    return integer(value) and int(value) >= 0


def between(low: int, high: int) -> Check:
    """Return a check for an xs:int in a range."""
    return lambda value: integer(value) and low <= int(value) <= high


def base64_binary(value: str) -> bool:
    """Tell an xs:base64Binary; white space may stand anywhere."""
    try:
        base64.b64decode("".join(value.split()), validate=True)
    except ValueError:
        return False
    return True


def among(*values: str) -> Check:
    """Return a check for an enumeration."""
    return frozenset(values).__contains__


def words(text: str) -> Check:
    """Return a check for an enumeration whose values stand in one text, with white space between them."""
    return frozenset(text.split()).__contains__
