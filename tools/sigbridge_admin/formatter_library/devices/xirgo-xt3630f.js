// Xirgo XT3630F: a report is cut into messages of ten bytes; `group`, `index` and `count` say how to join them.
function decodeUplink(input) {
  var bytes = input.bytes;
  if (bytes.length < 3) return { errors: ['a part of a report has at least 3 bytes'] };
  var data = {
    group: bytes[0],
    index: bytes[1] & 0x0f,
    count: (bytes[1] >> 4) + 1,
    part: bytes.slice(2).map(function (byte) { return (byte < 16 ? '0' : '') + byte.toString(16); }).join(''),
  };
  if (data.index === 0 && bytes.length === 12) {
    var seconds = new DataView(new Uint8Array(bytes).buffer).getUint32(3);
    data.protocol_version = bytes[2];
    data.reported_at = new Date(seconds * 1000).toISOString();
  }
  return { data: data };
}
