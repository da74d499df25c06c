(find, input) => {
  const encode = find('encodeDownlink');
  if (encode) return { __proto__: null, by: 'encodeDownlink', output: encode(input) };
  const encoder = find('Encoder');
  if (encoder) return { __proto__: null, by: 'Encoder', output: { bytes: encoder(input.data, input.fPort) } };
  const chirpstack = find('Encode');
  return chirpstack && { __proto__: null, by: 'Encode', output: { bytes: chirpstack(input.fPort, input.data, input.variables) } };
}
