// TagoIO's payload parsers: they read and change the global `payload`, and read `device`. Evaluated where a script names
// `payload`. Returns what the script made of it.
(input) => {
  const { stringify } = JSON;
  const evaluate = eval;
  let hex = '';
  for (const byte of input.bytes || []) hex += (byte < 16 ? '0' : '') + byte.toString(16);
  const given = (variable, value) => ({ variable, value, group: input.group, time: input.recvTime });
  const payload = [given('data', hex), given('payload', hex)];
  if (input.fPort !== undefined && input.fPort !== null) payload.push(given('fport', input.fPort));
  const pairs = (map) => Object.entries(map || {}).map(([key, value]) => ({ key, value }));
  const device = input.device || {};
  globalThis.payload = payload;
  globalThis.raw_payload = payload.slice();
  globalThis.device = { ...device, tags: pairs(device.tags), params: pairs(device.parameters) };
  const texts = payload.map((item) => stringify(item));
  const before = stringify(payload);
  return (which) => {
    const after = evaluate('payload');
    if (which === 'changed') return Array.isArray(after) && stringify(after) !== before;
    if (!Array.isArray(after)) return after;
    return after.filter((item) => !texts.includes(stringify(item)));
  };
}
