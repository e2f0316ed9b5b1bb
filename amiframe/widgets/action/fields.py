"""Fields of an action: one for each argument that the PBX documents, and rows for those that it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets as ipw

from amiframe.html import element, styled
from amiframe.settings import Secret
from amiframe.widgets._base.panel import PasswordField, button, discard, field, row
from amiframe.widgets.action.model import Action, Argument, is_secret_field
from amiframe.widgets.action.update_config import Value

_HINT = 170  # letters of the PBX's words below a field; all of them are in its tooltip

Pairs = list[tuple[str, Value]]


def value_of(part: Any) -> Value:
    """Return what stands in a field; what was typed as a password comes as a Secret."""
    if isinstance(part, PasswordField):
        return part.secret or ""
    text: str = part.value
    return text


class ArgumentField(ipw.VBox):
    """One argument: its field with the PBX's words below it; another field where it may be repeated."""

    def __init__(self, argument: Argument, changed: Callable[[], None]):
        self.argument = argument
        self._changed = changed
        self._fields = ipw.VBox([])
        parts: list[Any] = [self._fields]
        if argument.hint:
            parts.append(ipw.HTML(styled(element("div", _short(argument.hint), class_="amf-below"))))
        if argument.repeats:
            parts.append(
                row(button("Add another", f"repeat-{argument.name}", self.add, tip=f"Another {argument.name}"))
            )
        super().__init__(parts, layout=ipw.Layout(flex="1 1 15em", min_width="min(12em, 100%)", max_width="24em"))
        self.add()

    def add(self, text: str = "") -> None:
        """Add a field."""
        one = self.argument
        options: dict[str, Any] = {
            "layout": ipw.Layout(width="auto"),
            "placeholder": "required" if one.required else "",
            "tooltip": one.hint or one.name,
        }
        if one.is_secret:
            part = field(PasswordField, one.name, f"argument-{one.name}", **options)
        else:
            kind: Any = ipw.Combobox if one.choices else ipw.Text
            more = {"options": one.choices, "ensure_option": False} if one.choices else {}
            part = field(kind, one.name, f"argument-{one.name}", value=text, **options, **more)
        part.observe(lambda _: self._changed(), "value")
        part.description = f"{one.name} *" if one.required else one.name
        part.add_class("amf-stacked")
        self._fields.children = (*self._fields.children, part)
        if len(self._fields.children) > 1:
            self._changed()

    def fill(self, values: Iterable[Value]) -> None:
        """Put values into the fields, as many as there are."""
        for at, value in enumerate(values):
            if at >= len(self._fields.children):
                self.add()
            _put(self._fields.children[at], value)

    @property
    def pairs(self) -> Pairs:
        """Name and value of each field that is not empty."""
        values = [value_of(part) for part in self._fields.children]
        return [(self.argument.name, value) for value in values if value]


class FurtherFields(ipw.VBox):
    """Rows of name and value for what the PBX does not document; a value with a password's name is typed unseen."""

    def __init__(self, changed: Callable[[], None]):
        self._changed = changed
        self._rows = ipw.VBox([])
        add = button("Add a field", "add-field", self.add, tip="A field by its name: undocumented, repeated or empty")
        super().__init__([self._rows, row(add)])

    @property
    def pairs(self) -> Pairs:
        """Names and values of the rows that have a name; an empty value is sent too."""
        lines = (line.children for line in self._rows.children)
        return [(name.value.strip(), value_of(value)) for name, value, _ in lines if name.value.strip()]

    def add(self, name: str = "", given: Value = "") -> None:
        """Add a row."""
        line = row()
        label = _cell(ipw.Text, "further-name", value=name, placeholder="name of the field")
        label.observe(lambda _: self._renamed(line), "value")
        remove = button("✕", "remove-field", lambda: self._remove(line), tip="Remove this field")
        line.children = (label, self._value(is_secret_field(name) or isinstance(given, Secret), given), remove)
        self._rows.children = (*self._rows.children, line)
        self._changed()

    def clear(self) -> None:
        """Remove all rows."""
        before, self._rows.children = self._rows.children, ()
        for line in before:
            _close(line)

    def _value(self, is_secret: bool, given: Value = "") -> Any:
        if is_secret:
            part = _cell(PasswordField, "further-value", placeholder="value, not shown")
        else:
            part = _cell(ipw.Text, "further-value", placeholder="value")
        _put(part, given)
        part.observe(lambda _: self._changed(), "value")
        return part

    def _renamed(self, line: Any) -> None:
        """Let the value be typed unseen where the name says that it is a password."""
        name, value, remove = line.children
        is_secret = is_secret_field(name.value)
        if is_secret != isinstance(value, PasswordField):
            typed = "" if isinstance(value, PasswordField) else value.value
            value.value = ""
            line.children = (name, self._value(is_secret, typed), remove)
            discard(value)
        self._changed()

    def _remove(self, line: Any) -> None:
        self._rows.children = tuple(other for other in self._rows.children if other is not line)
        _close(line)
        self._changed()


class ActionFields(ipw.VBox):
    """All fields of the action that was chosen."""

    def __init__(self, changed: Callable[[], None]):
        self._changed = changed
        self._documented: list[ArgumentField] = []
        self._box = row()
        self._box.layout.align_items = "flex-start"
        self._further = FurtherFields(self._notify)
        super().__init__([self._box, self._further])
        self.layout.max_width = "100%"

    def _notify(self) -> None:
        if hasattr(self, "_further"):
            self._changed()

    def build(self, action: Action | None, given: Pairs) -> None:
        """Make the fields of an action anew, and fill in what was given; fields that stay the same are left alone."""
        arguments = action.arguments if action else ()
        are_there = arguments == tuple(one.argument for one in self._documented)
        if arguments and are_there and given == self.pairs:  # somebody may be typing there
            return
        before = self._documented
        self._documented = [ArgumentField(one, self._changed) for one in arguments]
        self._box.children = tuple(self._documented)
        for old in before:  # once they are off the page: a page cannot be saved that refers to what is closed
            _close(old)
        self._further.clear()
        left = list(given)
        for part in self._documented:
            wanted = part.argument.name.lower()
            values = [value for name, value in left if name.lower() == wanted]
            fits = part.argument.is_secret or not any(isinstance(value, Secret) for value in values)
            if values and fits and (len(values) == 1 or part.argument.repeats):
                part.fill(values)
                left = [pair for pair in left if pair[0].lower() != wanted]
        for name, value in left:
            self._further.add(name, value)

    def forget(self) -> None:
        """Forget all passwords."""
        fields = [part for one in self._documented for part in one._fields.children]
        fields += [line.children[1] for line in self._further._rows.children]
        for part in fields:
            if isinstance(part, PasswordField):
                part.forget()
        self._notify()

    @property
    def pairs(self) -> Pairs:
        """Names and values in the order in which they are sent."""
        parts: list[Any] = [*self._documented, self._further]
        return [pair for part in parts for pair in part.pairs]


def _cell(kind: Any, mark: str, **options: Any) -> Any:
    part = kind(layout=ipw.Layout(width="14em", max_width="45%"), **options)
    part.add_class(f"amf-{mark}")
    return part


def _put(part: Any, value: Value) -> None:
    if isinstance(value, Secret):
        part.keep(value)
    else:
        part.value = value


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _HINT else f"{line[:_HINT].rsplit(' ', 1)[0]} …"


def _close(part: Any) -> None:
    for child in getattr(part, "children", ()):
        _close(child)
    discard(part)
