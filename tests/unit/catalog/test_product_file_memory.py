"""Fifty thousand rows are read in bounded memory, wherever the rows of one product stand."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.product_files import SHOPIFY_HEAD

READ_AND_TELL = """
import sys
from pathlib import Path
from yellowcart.catalog.imports.dialects import open_products

with open_products(Path(sys.argv[1])) as opened:
    print(sum(len(product.skus) == 2 for product in opened.products))
for line in Path("/proc/self/status").read_text().splitlines():
    if line.startswith("VmHWM:"):
        print(line.split()[1])
"""


def _apart(count: int) -> Iterator[str]:
    """Every second row of a product stands at the end of the file."""
    for number in range(count // 2):
        yield f"h{number},茶叶礼盒,{'描述' * 300},v,t,,{number}g,,A,5,59.9,,http://a.test/{number}.png,,,\n"
    for number in range(count // 2):
        yield f"h{number},,,,,,{number}kg,,A,5,59.9,,,,,\n"


def _products_and_kilobytes(path: Path, count: int) -> tuple[int, int]:
    with path.open("w", encoding="utf-8") as file:
        file.write(SHOPIFY_HEAD)
        file.writelines(_apart(count))
    told = subprocess.run(
        [sys.executable, "-c", READ_AND_TELL, str(path)], capture_output=True, text=True, check=True
    )
    products, kilobytes = told.stdout.split()
    return int(products), int(kilobytes)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the most memory so far")
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    small, small_peak = _products_and_kilobytes(tmp_path / "small", 5_000)
    large, large_peak = _products_and_kilobytes(tmp_path / "large", 50_000)
    assert (small, large) == (2_500, 25_000)
    # The file has grown by 40 MB.
    assert large_peak < small_peak + 25_000
    assert large_peak < 150_000
