"""The kinds of formatters, one module each; a further one is a module and a line here."""

from collections.abc import Callable, Mapping

from sigbridge.formatters.kind import PayloadCodec
from sigbridge.formatters.kinds.cayenne_lpp import CayenneLpp
from sigbridge.formatters.kinds.sigfox_grammar import SigfoxGrammar

# By the name of a kind, what reads its source: it raises InvalidSource where that can't be used.
KINDS: Mapping[str, Callable[[str], PayloadCodec]] = {
    "sigfox_grammar": SigfoxGrammar.parse,
    "cayenne_lpp": CayenneLpp.parse,
}
