"""The sentence and the remedy of each finding about a machine."""

from npfs.analysis.findings import Finding
from npfs.report.sentences import Sentences

SENTENCES = Sentences("machine")


def message(finding: Finding) -> str:
    """Return what was found, as a sentence with its numbers."""
    kind = "thread_limit" if "libraries" in finding.values else finding.name
    return SENTENCES(kind.replace("-", "_"), of=finding.values)


def remedy(finding: Finding) -> str:
    """Return what to do about a finding, as a sentence."""
    kind = "variable" if "variable" in finding.values else finding.name
    return SENTENCES(f"{kind}_remedy".replace("-", "_"), of=finding.values)


def sentence(finding: Finding) -> str:
    """Return the message and the remedy."""
    return f"{message(finding)} {remedy(finding)}"
