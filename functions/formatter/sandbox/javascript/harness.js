// Evaluated before the script. It holds on to what it needs, so that a script may change every global and prototype.
(() => {
  const { parse, stringify } = JSON;
  const { isView } = ArrayBuffer;
  const { from } = Array;
  const evaluate = eval;
  const Moment = Date, Problem = Error, TypeProblem = TypeError, Later = Promise;

  const badResult = (message) => {
    const problem = new Problem(message);
    problem.name = 'BadResult';
    return problem;
  };

  // In the place of a typed array, or of a `Buffer` that shows itself otherwise, its numbers.
  function fit(key, value) {
    if (isView(this[key])) return from(this[key]);
    if (typeof value === 'number' && value - value !== 0) throw badResult(`${key} is not a finite number`);
    if (typeof value === 'bigint') throw badResult(`${key} is a BigInt: make it a number or a string`);
    if (value instanceof Later) throw badResult('a formatter can not be asynchronous');
    return value;
  }
  const find = (name) => evaluate(`typeof ${name} === 'function' ? ${name} : undefined`);

  const read = (json) => {
    const input = parse(json);
    if (input.recvTime) input.recvTime = new Moment(input.recvTime);
    return input;
  };
  const call = (contract, input, parser) => {
    const returned = contract(find, input, parser);
    try {
      return stringify(returned, fit);
    } catch (problem) {
      if (problem instanceof TypeProblem && problem.message === 'circular reference') {
        throw badResult('the result contains itself');
      }
      throw problem;
    }
  };
  return (name) => (name === 'read' ? read : call);
})()
