"""Write the table that the tests read; slowly, so that there is time to be killed."""

import pathlib
import time

time.sleep(1)
pathlib.Path("tables.txt").write_text("1 2 3")
print("made tables")
