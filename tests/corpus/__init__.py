"""Real projects with what is right about each: `./run corpus` verifies them all and prints the table.

`public.json` holds the twenty public projects that regrow's bars speak of, each with the verdicts that are right, its number
of tests where it is known, and what a report must name where it fails. Nothing in regrow reads this list. A list of one's
own, of any targets, is given with `--list`.
"""
