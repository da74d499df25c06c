(find, input) => {
  const normalize = find('normalizeUplink');
  return normalize && { __proto__: null, by: 'normalizeUplink', output: normalize(input) };
}
