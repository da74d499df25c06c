(find, input, parser) => {
  const decode = find('decodeUplink');
  if (decode) {
    const output = decode(input);
    const normalize = find('normalizeUplink');
    const isNormalized = normalize && output && output.data && !(output.errors && output.errors.length);
    return { __proto__: null, by: 'decodeUplink', output, normalized: isNormalized ? normalize({ data: output.data }) : undefined };
  }
  if (parser && parser('changed')) return { __proto__: null, by: 'payload', items: parser('items') };
  const decoder = find('Decoder');
  if (decoder) return { __proto__: null, by: 'Decoder', output: { data: decoder(input.bytes, input.fPort) } };
  const chirpstack = find('Decode');
  if (chirpstack) return { __proto__: null, by: 'Decode', output: { data: chirpstack(input.fPort, input.bytes, input.variables) } };
  return parser ? { __proto__: null, by: 'payload', items: parser('items') } : undefined;
}
