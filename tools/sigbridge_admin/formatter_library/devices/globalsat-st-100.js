// GlobalSat ST-100: status, battery, and where it is in millionths of a degree.
function int32(bytes, from) {
  return (bytes[from] << 24) | (bytes[from + 1] << 16) | (bytes[from + 2] << 8) | bytes[from + 3];
}

function decodeUplink(input) {
  var bytes = input.bytes;
  if (bytes.length !== 11) return { errors: ['a position report has 11 bytes'] };
  var data = {
    status: bytes[1] >> 6,
    report_type: bytes[1] & 0x3f,
    battery: { value: bytes[2], unit: '%' },
  };
  if (data.status === 0) return { data: data, warnings: ['no position was found'] };
  data.latitude = int32(bytes, 3) / 1e6;
  data.longitude = int32(bytes, 7) / 1e6;
  return { data: data };
}
