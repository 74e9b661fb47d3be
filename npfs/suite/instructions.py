"""How many instructions of the interpreter an epoch takes: counted, not timed, so that no machine is faster at it."""

import gc
import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

TOOL_ID = 4  # of sys.monitoring: not one that debuggers, coverage or profilers take


def instructions_per_epoch(
    fit: Callable[[Any, int, float], Any], data: Any, learning_rate: float
) -> int:
    """Return the bytecode instructions that the interpreter executes for one more epoch.

    That is the difference between fits of two epochs and of one, in this thread; what compiled code
    does counts as the one instruction that calls it. Each fit is made once before, since some
    compile or choose then.
    """
    counts = []
    collects = gc.isenabled()
    gc.disable()  # a collection may call Python code, which is none of the epoch's
    try:
        for epochs in (1, 2):
            fit(data, epochs, learning_rate)
            counts.append(_count(fit, data, epochs, learning_rate))
    finally:
        if collects:
            gc.enable()
    return counts[1] - counts[0]


if sys.version_info >= (3, 12):

    def _count(fit: Callable[[Any, int, float], Any], *arguments: Any) -> int:
        """Count by ``sys.monitoring``: tracing of opcodes begins late in 3.12, or never in 3.13."""
        instructions = 0

        def executed(code: CodeType, offset: int) -> None:
            nonlocal instructions
            instructions += 1

        monitoring, event = sys.monitoring, sys.monitoring.events.INSTRUCTION
        monitoring.use_tool_id(TOOL_ID, "npfs")
        monitoring.register_callback(TOOL_ID, event, executed)
        monitoring.set_events(TOOL_ID, event)
        try:
            fit(*arguments)
        finally:
            monitoring.set_events(TOOL_ID, 0)
            monitoring.register_callback(TOOL_ID, event, None)
            monitoring.free_tool_id(TOOL_ID)
        return instructions

else:

    def _count(fit: Callable[[Any, int, float], Any], *arguments: Any) -> int:
        instructions = 0

        def trace(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal instructions
            frame.f_trace_lines, frame.f_trace_opcodes = False, True
            instructions += event == "opcode"
            return trace

        earlier = sys.gettrace()
        sys.settrace(trace)
        try:
            fit(*arguments)
        finally:
            sys.settrace(earlier)
        return instructions
