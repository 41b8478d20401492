"""`python -m tests.core.learning`: see the package."""

from tests.core.learning.measuring import measure, read_outputs


def main() -> None:
    """Print the table."""
    outputs = read_outputs()
    figures, wrong = measure(outputs)
    print(f"{'cause':<20} {'outputs':>8} {'precision':>10} {'recall':>7}")
    for each in figures:
        print(f"{each.cause:<20} {each.labelled:>8} {each.precision:>10.2f} {each.recall:>7.2f}")
    right = len(outputs) - len(wrong)
    print(f"{right} of {len(outputs)} right ({right / len(outputs):.1%})")
    for labelled, answer in wrong:
        print(f"  {labelled.name}: {labelled.cause}, told as {answer}")


if __name__ == "__main__":
    main()
