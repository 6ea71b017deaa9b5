"""Finds the code beside this folder, and skips, with a word, a file of tests that needs torch where there is none."""
import sys
import unittest
from pathlib import Path

CODE = Path(__file__).parent.parent
sys.path.insert(0, str(CODE))
try:
    import torch  # noqa: F401
except ImportError:
    raise unittest.SkipTest("needs torch, which is not installed") from None
