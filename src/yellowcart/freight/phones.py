"""Phone numbers of addresses: written in many ways, kept in one that a carrier can call.

Mainland mobiles have 11 digits and begin with 13 to 19; landlines have an area code of 3 or 4 digits that begins
with 0 and 7 or 8 digits of their own (Ministry of Industry and Information Technology, 电信网编号计划 2017).
Hong Kong and Macau have 8 digits behind +852 and +853, Taiwan 8 or 9 behind +886 (ITU-T E.164 national plans).
"""

import re
import unicodedata

from yellowcart.freight.errors import PhoneUnreadable

_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})(?:[-转](\d{1,6}))?\Z")
_LANDLINE = re.compile(r"(?:(?:\+?86|0086)0?-?|\(?0)(10|2\d|[3-9]\d{2})\)?-?([2-9]\d{6,7})(?:[-转](\d{1,6}))?\Z")
_FREE_CALL = re.compile(r"([48]00)-?(\d{3})-?(\d{4})\Z")
_NEIGHBOURS = re.compile(r"\+(852|853)-?([2-9]\d{7})\Z|\+(886)-?0?([2-9]\d{7,8})\Z")
LENGTH_MAX = 30


def read_phone(text: str) -> str:
    """A phone number in its one form: `13800138000`, `0571-88880000`, `0571-88880000-801`, `+852-21234567`.
    Raises PhoneUnreadable."""
    written = unicodedata.normalize("NFKC", text).strip()
    if len(written) > LENGTH_MAX:
        raise PhoneUnreadable
    digits = re.sub(r"[\s.]+", "", written).replace("—", "-").replace("–", "-")
    if found := _MOBILE.match(digits.replace("-", "", 2) if digits.count("-") == 2 else digits):
        return found[1] + (f"-{found[2]}" if found[2] else "")
    if found := _FREE_CALL.match(digits):
        return f"{found[1]}-{found[2]}-{found[3]}"
    if found := _NEIGHBOURS.match(digits):
        return f"+{found[1] or found[3]}-{found[2] or found[4]}"
    if found := _LANDLINE.match(digits):
        return f"0{found[1]}-{found[2]}" + (f"-{found[3]}" if found[3] else "")
    raise PhoneUnreadable
