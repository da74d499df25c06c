// Which of the names a script declares, whether it was run or only parsed.
(names) => JSON.stringify(
  JSON.parse(names).filter((name) => {
    try {
      return (0, eval)(`typeof ${name}`) === 'function' || name in globalThis;
    } catch {
      return true; // Declared by `let` or `const`, and not yet made.
    }
  }),
)
