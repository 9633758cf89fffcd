"""The pytest fixture `barcode_sandbox`. One sandbox serves all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from . import Sandbox


@pytest.fixture(scope="session")
def barcode_sandbox_options() -> Sequence[str]:
    """The options of the sandbox. Override it to set some."""
    return ()


@pytest.fixture(scope="session")
def _barcode_sandbox_process(barcode_sandbox_options: Sequence[str]) -> Iterator[Sandbox]:
    with Sandbox(*barcode_sandbox_options) as sandbox:
        yield sandbox


@pytest.fixture
def barcode_sandbox(_barcode_sandbox_process: Sandbox) -> Sandbox:
    """A running sandbox, in the state at its start."""
    _barcode_sandbox_process.reset()
    return _barcode_sandbox_process
