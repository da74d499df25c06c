"""Scripts that nobody should write, and somebody does: each with the kinds of failure that it may end as."""

from collections.abc import Mapping

TIMEOUT = frozenset({"timeout"})
# Which limit is reached first depends on the machine.
MEMORY = frozenset({"memory", "timeout"})
DEAD = frozenset({"memory", "timeout", "crashed"})
ERROR = frozenset({"script_error", "timeout"})
STACK = frozenset({"stack", "memory", "timeout"})
BAD = frozenset({"bad_result"})


def function(body: str) -> str:
    """A `decodeUplink` with a body."""
    return f"function decodeUplink(input) {{ {body} }}"


HOSTILE_SCRIPTS: Mapping[str, tuple[str, frozenset[str]]] = {
    # Loops
    "endless before any function": ("for (;;);", TIMEOUT),
    "endless": (function("while (true);"), TIMEOUT),
    "endless, catching": (function("for (;;) try { for (;;); } catch {}"), TIMEOUT),
    "endless, finally": (function("try { for (;;); } finally { for (;;); }"), TIMEOUT),
    "endless in eval": (function("eval('for (;;);')"), TIMEOUT),
    "endless in a new Function": (function("new Function('for (;;);')()"), TIMEOUT),
    "endless in a generator": (
        "function* endless() { for (;;) yield 1; } " + function("for (const each of endless());"),
        TIMEOUT,
    ),
    "endless dates": (function("for (;;) new Date('x')"), TIMEOUT),
    "endless in toString of what is thrown": (function("throw { toString() { for (;;); } }"), TIMEOUT),
    "endless in toJSON": (function("return { data: { toJSON() { for (;;); } } }"), TIMEOUT),
    "endless in a getter": (function("return { get data() { for (;;); } }"), TIMEOUT),
    "endless in a proxy": (function("return new Proxy({}, { get() { for (;;); } })"), TIMEOUT),
    "endless in the console": (function("for (;;) console.log('x'.repeat(10000))"), TIMEOUT),
    "endless in what the console shows": (function("console.log({ toJSON() { for (;;); } })"), TIMEOUT),
    # Native code that looks at no clock
    "replaceAll": (function("const s = 'a'.repeat(2e6); for (;;) s.replaceAll('a', 'bb')"), TIMEOUT),
    "replaceAll, catching": (
        function("const s = 'a'.repeat(2e5); for (;;) try { s.replaceAll('a', 'bbb') } catch {}"),
        TIMEOUT,
    ),
    "join of a huge array": (function("return { data: { s: new Array(2 ** 31).join('x') } }"), MEMORY),
    "join of the longest array": (
        function("const a = []; a.length = 2 ** 32 - 1; return { data: { s: a.join('') } }"),
        MEMORY,
    ),
    "indexOf of a huge length": (
        function("return { data: { i: Array.prototype.indexOf.call({ length: 2 ** 52 }, 1) } }"),
        TIMEOUT,
    ),
    "regex that explodes": (function("/(a+)+$/.test('a'.repeat(40) + 'b')"), TIMEOUT),
    "another regex that explodes": (
        function("/^(([a-z])+.)+[A-Z]([a-z])+$/.test('a'.repeat(60))"),
        TIMEOUT,
    ),
    "growing bigint": (function("let n = 2n ** 1000n; for (;;) n = n * n"), ERROR | MEMORY),
    "huge bigint as text": (function("return { data: { n: (10n ** 1000000n).toString() } }"), ERROR | MEMORY),
    "waiting for a lock": (
        function("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)"),
        ERROR,
    ),
    # Memory
    "memory": (function("const a = []; for (;;) a.push(new Array(1e5).fill(1))"), MEMORY),
    "memory, catching": (
        function("const a = []; for (;;) try { a.push(new Array(1e6).fill(7)) } catch {}"),
        MEMORY,
    ),
    "array buffers": (function("const a = []; for (;;) a.push(new ArrayBuffer(1e6))"), MEMORY),
    "shared array buffers": (function("const a = []; for (;;) a.push(new SharedArrayBuffer(1e8))"), MEMORY),
    "spread of a generator": (
        "function* endless() { for (;;) yield 1; } " + function("return { data: [...endless()] }"),
        MEMORY,
    ),
    "doubled string": (function("let s = 'a'; for (;;) s += s"), ERROR | MEMORY),
    "giant string": (function("return { data: { s: 'a'.repeat(2 ** 29) } }"), MEMORY),
    "giant padding": (function("return { data: { s: 'a'.padStart(2 ** 30 - 30) } }"), MEMORY),
    "keys of a proxy": (
        function("return { data: new Proxy({}, { ownKeys: () => Array.from({ length: 1e9 }, String) }) }"),
        MEMORY,
    ),
    "sort of a huge array": (function("return { data: { a: new Array(1e8).fill(0).sort() } }"), MEMORY),
    "chain of bound functions": (
        function(
            "let f = () => 1; for (let i = 0; i < 1e5; i++) f = f.bind(null); return { data: { n: f() } }"
        ),
        DEAD | STACK,
    ),
    "endless chain of bound functions": (function("let f = () => 1; for (;;) f = f.bind(null, f)"), DEAD),
    # The stack
    "recursion": (function("return decodeUplink(input)"), STACK),
    "recursion, catching": (
        function("try { return decodeUplink(input) } catch { return decodeUplink(input) }"),
        STACK,
    ),
    "deep JSON": (function("return { data: JSON.parse('['.repeat(1e5) + ']'.repeat(1e5)) }"), STACK),
    "deep object": (
        function("let o = {}; for (let i = 0; i < 1e5; i++) o = { o }; return { data: o }"),
        STACK,
    ),
    "deeply nested source": ("(" * 60_000, STACK),
    "too many arguments": (function("Math.max.apply(null, new Array(100000))"), ERROR),
    # Ways out
    "import of a module": (function("return import('fs')"), BAD),
    "import statement": ("import fs from 'fs';", ERROR),
    "require": (function("return require('fs')"), ERROR),
    "promise": ("async " + function("return { data: { a: 1 } }"), BAD),
    "huge message": (function("throw new Error('x'.repeat(2e6))"), ERROR | MEMORY),
}

# Each of these spoils what a script can reach, then decodes as `GOOD_SCRIPT` does.
TAMPERING_SCRIPTS: Mapping[str, str] = {
    "JSON": "JSON.stringify = () => '{}'; JSON.parse = null;",
    "no globals": "for (const name of ['eval', 'JSON', 'Date', 'Array', 'Promise']) delete globalThis[name];",
    "console": "console.log = null; console = 5;",
    "prototype of objects": "Object.prototype.output = { data: { first: 1 } }; Object.prototype.by = 7;",
    "prototype with a getter": "Object.defineProperty(Object.prototype, 'by', { get() { for (;;); } });",
    "prototype of functions": "Function.prototype.call = Function.prototype.apply = null;",
    "prototype of strings": "String.prototype.slice = () => { throw 1; };",
    "toJSON of arrays": "Array.prototype.toJSON = () => 'x';",
    "never settled": "(function again() { Promise.resolve().then(again); })();",
    "finalizers": "new FinalizationRegistry(() => { for (;;); }).register({}, 1);",
}
