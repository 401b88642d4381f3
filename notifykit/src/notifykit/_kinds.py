"""What callers may give. The shapes are those of the libraries' objects; none of the libraries is imported."""

from __future__ import annotations

import os
from typing import Any, Mapping, Protocol, Sequence, Tuple, Union


class _SavesFigure(Protocol):
    """A matplotlib figure, pyplot itself, or a seaborn grid."""

    def savefig(self, *args: Any, **kwargs: Any) -> Any: ...


class _HasFigure(Protocol):
    """A matplotlib axes, as pandas' plot returns it."""

    def get_figure(self, *args: Any) -> Any: ...


class _MakesImage(Protocol):
    """A plotly figure."""

    def to_image(self, *args: Any, **kwargs: Any) -> bytes: ...


class _SavesImage(Protocol):
    """A PIL image."""

    @property
    def mode(self) -> Any: ...

    def save(self, fp: Any, format: Any = ...) -> Any: ...


class _Frame(Protocol):
    """A pandas or polars frame."""

    @property
    def columns(self) -> Any: ...


Path = Union[str, "os.PathLike[str]"]
Bytes = Union[bytes, bytearray, memoryview]
ImageSource = Union[Path, Bytes, _SavesFigure, _HasFigure, _MakesImage, _SavesImage]
# A list of dicts or of rows; a checker finds no narrower type for [["shop"], [1]].
TableSource = Union[_Frame, Sequence[Any], Mapping[Any, Any]]
FileSource = Union[Path, Tuple[Union[Bytes, str, TableSource], str]]
Buttons = Union[bool, Sequence[Mapping[str, str]]]
