"""Tests of the calculator."""

import pathlib
import time
import unittest

from calc import add


class CalcTest(unittest.TestCase):
    def test_adds(self):
        self.assertEqual(add(1, 2), 3)

    def test_tables_are_there(self):
        time.sleep(1)
        self.assertEqual(pathlib.Path("tables.txt").read_text(), "1 2 3")
