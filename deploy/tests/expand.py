"""Writes `cloudformation.json`: what AWS makes of `template.yaml` (SAM), by the very translator that AWS runs."""

import copy
import functools
import json
import logging
import os
from pathlib import Path

# The translator asks for one, to choose the partition of what it writes.
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# It counts how often it is used, and complains that nobody asks for the numbers.
logging.getLogger("samtranslator").setLevel(logging.ERROR)

DEPLOY = Path(__file__).resolve().parent.parent
TEMPLATE = DEPLOY / "template.yaml"
EXPANDED = DEPLOY / "cloudformation.json"
WIDTH = 120


@functools.cache
def template():
    """The SAM template, short forms of functions written out."""
    return yaml_parse(TEMPLATE.read_text(encoding="utf-8"))


def expand(sam):
    """The CloudFormation that `sam` stands for; no call to AWS is made."""
    # The role is the template's own, so no managed policy is looked up.
    return Translator(managed_policy_map={}, sam_parser=Parser()).translate(copy.deepcopy(sam), parameter_values={})


def text(expanded):
    """The file's text."""
    return lines(expanded, "") + "\n"


def lines(value, indent):
    """JSON that has on one line what fits there: CloudFormation takes templates of 51,200 bytes."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) <= WIDTH or not value or not isinstance(value, (dict, list)):
        return line
    deeper = indent + " "
    if isinstance(value, list):
        parts = [lines(part, deeper) for part in value]
    else:
        parts = [f"{json.dumps(key)}: {lines(part, deeper)}" for key, part in value.items()]
    separator = f",\n{deeper}"
    opened, closed = "[]" if isinstance(value, list) else "{}"
    return f"{opened}\n{deeper}{separator.join(parts)}\n{indent}{closed}"


if __name__ == "__main__":
    EXPANDED.write_text(text(expand(template())), encoding="utf-8")
