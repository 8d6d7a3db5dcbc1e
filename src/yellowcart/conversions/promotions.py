"""Whether the promotion that a network reports is the one that a listing carries.

Links and reports name the same promotion in more than one way: a Taobao file leaves out the account
(`mm_*_y_z`), a JD link may carry the account alone, or a pid with a site in the middle. What neither side says is
not held against them; everything else must agree.
"""

import re
from typing import Final

from yellowcart.conversions.model import Network

_ANY_ACCOUNT: Final = re.compile(r"mm_\*_(\d+)_(\d+)")
_TAOBAO: Final = re.compile(r"mm_\d+_(\d+_\d+)")
_JD_POSITION: Final = re.compile(r"(\d+)/(\d+)")
_JD_LISTED: Final = re.compile(r"(\d+)(?:/(\d+)|_\d+_(\d+))?")


def promotes(network: Network, reported: str, listed: str) -> bool:
    """Whether a reported promotion is the listed one."""
    if reported == listed:
        return True
    if network is Network.TAOBAO_UNION and (told := _ANY_ACCOUNT.fullmatch(reported)):
        there = _TAOBAO.fullmatch(listed)
        return there is not None and there[1] == f"{told[1]}_{told[2]}"
    if network is Network.JD_UNION and (told := _JD_POSITION.fullmatch(reported)):
        there = _JD_LISTED.fullmatch(listed)
        return there is not None and there[1] == told[1] and (there[2] or there[3] or told[2]) == told[2]
    return False


def bucket_of(network: Network, promotion: str) -> str:
    """What every two promotions that are one have in common."""
    if network is Network.TAOBAO_UNION:
        return "_".join(promotion.split("_")[-2:])
    if network is Network.JD_UNION:
        return re.split("[/_]", promotion, maxsplit=1)[0]
    return promotion


def listed_patterns(network: Network, reported: str) -> list[str]:
    """The forms of a reported promotion in listings, as patterns of SQL's LIKE."""
    if network is Network.TAOBAO_UNION and (told := _ANY_ACCOUNT.fullmatch(reported)):
        return [rf"mm\_%\_{told[1]}\_{told[2]}"]
    if network is Network.JD_UNION and (told := _JD_POSITION.fullmatch(reported)):
        return [reported, told[1], rf"{told[1]}\_%\_{told[2]}"]
    return [re.sub(r"([\\%_])", r"\\\1", reported)]
