(find, input) => {
  const decode = find('decodeDownlink');
  return decode && { __proto__: null, by: 'decodeDownlink', output: decode(input) };
}
