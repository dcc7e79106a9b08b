"""The names of currencies: the codes of ISO 4217, and what a few are called besides.

Which of them an amount is in is not decided here, and no rate between any two is known.
"""

from __future__ import annotations

from .errors import UsageMistake, nearest

_CODES = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD
    BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP
    DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS
    INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD
    MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR
    PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS
    SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW
    UZS VED VES VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XUA
    YER ZAR ZMW ZWG ZWL
"""
CODES = frozenset(_CODES.split())
"""The codes of ISO 4217 that money is kept in, also those that were withdrawn of late: old calls
may have prices in them."""

_USUAL = ("USD", "EUR", "CNY", "GBP", "JPY", "CHF", "CAD", "AUD", "HKD", "SGD", "INR", "KRW")
"""Those that are meant most often, which a misspelt one is held against first."""

_CALLED = {
    "RMB": "CNY",
    "CNH": "CNY",
    "YUAN": "CNY",
    "元": "CNY",
    "块": "CNY",
    "人民币": "CNY",
    "STG": "GBP",
}
"""Other names. `¥` is none: it may be the sign of CNY or of JPY."""

NAMES = "[a-z]{3}|yuan|元|块|人民币"
"""A regular expression for what may be one, in small letters."""


def code_of(name: str) -> str:
    """The code of a currency by its code or another name, regardless of case. Raises `UsageMistake`
    for one that there is not."""
    code = _CALLED.get(name.upper(), name.upper())
    if code not in CODES:
        close = nearest(code, _USUAL) or nearest(code, CODES)
        raise UsageMistake(
            f"there is no currency {name!r}",
            because="it is none of the codes of ISO 4217",
            hint=f"did you mean {close}?" if close else "a code such as USD, EUR or CNY",
        )
    return code
